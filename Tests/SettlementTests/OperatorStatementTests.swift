import Postgres
import Testbed
import Testing
import Tokens

@Suite("The SQL that operators already run")
struct OperatorStatementTests {
  private typealias Known = OperatorStatement

  /// Three organizations with uses, two of them some time ago, and two refusals.
  private static let uses = """
    SELECT tollgate.create_organization('Pro', 'pro', 'UTC', '\(Known.pro)');
    SELECT tollgate.create_organization('Enterprise', 'enterprise', 'UTC', '\(Known.enterprise)');
    SELECT tollgate.create_organization('Starter', 'starter', 'UTC', '\(Known.starter)');
    SELECT tollgate.create_user('\(Known.pro)', 'one@example.com', '\(Known.proMember)');
    SELECT tollgate.create_user('\(Known.pro)', 'two@example.com', '\(Known.otherProMember)');
    SELECT tollgate.create_user('\(Known.enterprise)', 'three@example.com', '\(Known.enterpriseMember)');
    SELECT tollgate.create_user('\(Known.starter)', 'four@example.com', '\(Known.starterMember)');
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.proMember)', 'generate_goal');
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.proMember)', 'generate_goal');
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.proMember)', 'generate_insight', 5);
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.proMember)', 'generate_insight', 1, 'eight-days-ago');
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.proMember)', 'generate_goal', 100);
    SELECT tollgate.deduct('\(Known.pro)', '\(Known.otherProMember)', 'analyze_strategy');
    SELECT tollgate.deduct('\(Known.enterprise)', '\(Known.enterpriseMember)', 'generate_leads');
    SELECT tollgate.deduct('\(Known.enterprise)', '\(Known.enterpriseMember)', 'generate_leads');
    SELECT tollgate.deduct('\(Known.enterprise)', '\(Known.enterpriseMember)', 'generate_leads', 1, '25-hours-ago');
    SELECT tollgate.deduct('\(Known.starter)', '\(Known.starterMember)', 'generate_goal');

    CREATE TABLE tollgate.usage_of_the_past PARTITION OF public.ai_token_usage_log
      FOR VALUES FROM (MINVALUE) TO (date_trunc('month', now()));
    ALTER TABLE tollgate.usage_of_the_past OWNER TO tollgate_owner;
    ALTER TABLE tollgate.usage_of_the_past ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    UPDATE public.ai_token_usage_log SET created_at = now() - interval '8 days' WHERE idempotency_key = 'eight-days-ago';
    UPDATE public.ai_token_usage_log SET created_at = now() - interval '25 hours' WHERE idempotency_key = '25-hours-ago';
    UPDATE tollgate.idempotency_keys SET created_at = movement.created_at
    FROM tollgate.ledger AS movement
    WHERE movement.id = transaction_id;
    """

  @Test("every question gets the right answer, asked as it stands")
  func questions() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      for statement in Known.operatorStatements {
        let sql = statement.sql.replacing("…", with: statement.id)
        var printed = try Psql.lines(workplace.database, sql)
        if let columns = statement.columns {
          printed = printed.map { $0.split(separator: "|").prefix(columns).joined(separator: "|") }
        }
        if !statement.isOrdered { printed.sort() }
        #expect(printed == statement.answer, "\(statement.sql)")
      }
    }
  }

  @Test("there are 5 balances for each organization with a plan, and none for one without")
  func fiveEach() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      try workplace.administrator.script("INSERT INTO public.organizations (name) VALUES ('Without a plan')")
      let counts = try Psql.lines(
        workplace.database, "SELECT organization_id, COUNT(*) FROM ai_tokens GROUP BY 1 ORDER BY 1;")
      #expect(counts == ["\(Known.pro)|5", "\(Known.enterprise)|5", "\(Known.starter)|5"])
    }
  }

  @Test("a refused request is no usage row")
  func refusalsAreNoUses() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      let database = workplace.database
      #expect(try Psql.lines(database, "SELECT COUNT(*) FROM ai_token_usage_log;") == ["8"])
      #expect(try Psql.lines(database, "SELECT COUNT(*) FROM tollgate.ledger WHERE kind = 'refusal';") == ["2"])
    }
  }

  @Test("the INSERT for organizations without rows becomes an adjustment, and the rest of the plan follows")
  func insertWhereMissing() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      let organization = try #require(
        try workplace.administrator.text(
          "INSERT INTO public.organizations (name, plan) VALUES ('By hand', 'pro') RETURNING id"))
      _ = try Psql.lines(workplace.database, Known.insertWhereMissing)
      let rows = "SELECT token_type, balance FROM ai_tokens WHERE organization_id = '\(organization)' ORDER BY 1;"
      #expect(try Psql.lines(workplace.database, rows) == ["lead_generation|50"])
      #expect(try workplace.database.violations() == [])

      for feature in ["generate_leads", "generate_leads", "generate_goal"] {
        try workplace.administrator.script("SELECT tollgate.deduct('\(organization)', NULL, '\(feature)')")
      }
      #expect(
        try Psql.lines(workplace.database, rows) == [
          "forecast|30", "general|50", "goal_generation|17", "lead_generation|40", "strategy_analysis|100",
        ])
      let ledger = try Psql.lines(
        workplace.database,
        """
        SELECT kind, amount, balance_before, balance_after FROM tollgate.ledger
        WHERE organization_id = '\(organization)' AND token_type = 'lead_generation' ORDER BY sequence;
        """)
      #expect(ledger == ["adjustment|50|0|50", "deduction|-5|50|45", "deduction|-5|45|40"])
    }
  }

  @Test("the emergency UPDATE works at once, and each balance's next use records it as one adjustment")
  func emergency() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      _ = try Psql.lines(workplace.database, Known.emergency)
      #expect(try workplace.database.violations() == [])
      for _ in 1...2 {
        try workplace.administrator.script("SELECT tollgate.deduct('\(Known.pro)', NULL, 'generate_goal')")
      }
      try workplace.administrator.script("SELECT tollgate.deduct('\(Known.starter)', NULL, 'generate_goal')")
      let adjustments = try Psql.lines(
        workplace.database,
        """
        SELECT organization_id, amount, balance_before, balance_after FROM tollgate.ledger
        WHERE kind = 'adjustment' ORDER BY 1;
        """)
      #expect(adjustments == ["\(Known.pro)|9985|14|9999", "\(Known.starter)|9999|0|9999"])
      let balances = try Psql.lines(
        workplace.database,
        """
        SELECT organization_id, balance FROM ai_tokens WHERE token_type = 'goal_generation' ORDER BY 1;
        """)
      #expect(balances == ["\(Known.pro)|9993", "\(Known.enterprise)|9999", "\(Known.starter)|9996"])
    }
  }

  @Test("SET ROLE authenticated with a user's claims sees its own organization's five balances and no other's")
  func asMember() async throws {
    try await Workplace.with { workplace in
      try workplace.administrator.script(Self.uses)
      for (user, organization) in [(Known.otherProMember, Known.pro), (Known.enterpriseMember, Known.enterprise)] {
        let rows = try Psql.lines(workplace.database, Known.asMember.replacing("<user id>", with: user))
        #expect(
          rows.map { String($0.split(separator: "|")[1]) } == Array(repeating: organization, count: 5))
      }
      let unknown = "00000000-0000-4000-8000-0000000000ff"
      #expect(try Psql.lines(workplace.database, Known.asMember.replacing("<user id>", with: unknown)) == [])
    }
  }
}
