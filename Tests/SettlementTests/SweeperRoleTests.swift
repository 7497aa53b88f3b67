import Postgres
import Testbed
import Testing
import Tokens

/// What is due is found across organizations, by a role that can do nothing else.
@Suite("Who finds what is due")
struct SweeperRoleTests {
  /// Two organizations, of both of which everything is due and changed by hand.
  private static func tenants(_ workplace: inout Workplace) throws -> (mine: Tenant, other: Tenant) {
    let tenants = (try workplace.tenant(), try workplace.tenant())
    try workplace.administrator.script(
      """
      UPDATE public.ai_tokens SET balance = balance + 1, refresh_date = now() - interval '1 hour',
        due_at = now() - interval '1 hour';
      UPDATE public.organizations SET next_plan = 'enterprise', next_plan_from = now() - interval '1 minute';
      """)
    return tenants
  }

  private static let everything = Statement(
    """
    SELECT token.organization_id, token.token_type, token.balance, token.ledger_sequence, organization.plan
    FROM public.ai_tokens AS token JOIN public.organizations AS organization ON organization.id = token.organization_id
    WHERE organization.id = $1::uuid ORDER BY token_type
    """)

  @Test("a member sees nothing more because of it, and gets no function to act for another organization")
  func member() async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      let before = try workplace.administrator.lines(Self.everything, [other.parameter])
      try workplace.administrator.become(user: mine.member)
      try workplace.administrator.script("SET tollgate.organizations = '{\(other.id)}'")
      for (table, column) in [("public.ai_tokens", "organization_id"), ("public.organizations", "id")] {
        #expect(
          try workplace.administrator.lines(Statement("SELECT DISTINCT \(column) FROM \(table)")) == ["\(mine.id)"])
      }
      for call in [
        "SELECT tollgate.deduct($1::uuid, NULL, 'generate_goal')",
        "SELECT tollgate.check_balance($1::uuid, NULL, 'generate_goal')",
      ] {
        #expect(try workplace.administrator.refusal(Statement(call), [other.parameter]) == "TG403")
        #expect(try workplace.administrator.refusal(Statement(call), [mine.parameter]) == nil)
        // No more is told of an organization that has something due than of one that does not exist.
        #expect(
          try workplace.administrator.refusal(Statement(call), ["00000000-0000-4000-8000-00000000000f"]) == "TG403")
      }
      for call in [
        "SELECT tollgate.sweep()", "SELECT tollgate.find_due_balances(1, true)",
        "SELECT tollgate.find_ended_authorizations(1)", "SELECT tollgate.drop_ended_authorizations()",
        "SELECT tollgate.find_refused_credentials('drive')",
      ] {
        #expect(try workplace.administrator.refusal(Statement(call)) == "42501")
      }
      try workplace.administrator.script("RESET ROLE; RESET tollgate.organizations")
      #expect(try workplace.administrator.lines(Self.everything, [other.parameter]) == before)
    }
  }

  @Test("the server's login cannot become it, reads no table, and its batches touch the organizations they name")
  func server() async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      let before = try workplace.administrator.lines(Self.everything, [other.parameter])
      #expect(try workplace.server.refusal("SET ROLE tollgate_sweeper") == "42501")
      #expect(try workplace.server.refusal("SELECT tollgate.find_due_balances(1, true)") == "42501")
      #expect(try workplace.server.refusal("SELECT count(*) FROM public.ai_tokens") == "42501")
      let stranger = mine.deduction("generate_goal", by: .member(other.member))
      #expect(
        try workplace.server.settle([mine.deduction("generate_goal"), stranger]).map(\.outcome) == [
          .success, .forbidden,
        ])
      #expect(
        try workplace.server.lines(
          """
          SELECT DISTINCT outcome FROM tollgate.read_balances(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[true])
          """, [other.parameter, .text(mine.member.description)]) == ["forbidden"])
      #expect(try workplace.administrator.lines(Self.everything, [other.parameter]) == before)
    }
  }

  @Test("it sees what is due for reading, and nothing else; the owner does not inherit that")
  func owner() async throws {
    try await Workplace.with { workplace in
      let (mine, _) = try Self.tenants(&workplace)
      _ = try workplace.administrator.query(
        """
        UPDATE public.ai_tokens SET balance = ledger_balance, due_at = NULL, refresh_date = now() + interval '1 day'
        WHERE organization_id = $1::uuid
        """, [mine.parameter])
      try workplace.administrator.script("SET ROLE tollgate_owner")
      #expect(try workplace.administrator.integer("SELECT count(*) FROM public.ai_tokens") == 0)
      #expect(try workplace.administrator.integer("SELECT count(*) FROM public.organizations") == 0)
      try workplace.administrator.script("RESET ROLE; SET ROLE tollgate_sweeper")
      #expect(try workplace.administrator.integer("SELECT count(*) FROM public.ai_tokens") == 5)
      #expect(try workplace.administrator.integer("SELECT count(*) FROM public.organizations") == 2)
      #expect(try workplace.administrator.integer("SELECT count(*) FROM tollgate.reservations") == 0)
      for relation in ["public.user_profiles", "public.ai_token_usage_log", "tollgate.ledger", "tollgate.events"] {
        #expect(
          try workplace.administrator.refusal(Statement("SELECT count(*) FROM \(relation)")) == "42501", "\(relation)")
      }
      for statement in [
        "SELECT balance FROM public.ai_tokens FOR UPDATE", "SELECT id FROM public.organizations FOR KEY SHARE",
        "UPDATE public.ai_tokens SET balance = 0 RETURNING balance", "DELETE FROM public.ai_tokens RETURNING balance",
        "UPDATE public.organizations SET plan = 'enterprise' RETURNING plan",
      ] {
        #expect(try workplace.administrator.refusal(Statement(statement)) == "42501", "\(statement)")
      }
      #expect(try workplace.administrator.refusal("SELECT total_used FROM public.ai_tokens") == "42501")
      #expect(
        try workplace.administrator.refusal("CREATE FUNCTION tollgate.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
          == "42501")
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("authorizations that have ended are dropped, of every organization, and those under way stay")
  func endedAuthorizations() async throws {
    try await Workplace.with { workplace in
      let tenants = (try workplace.tenant(), try workplace.tenant())
      try workplace.connect(tenants.0)
      try workplace.connect(tenants.1)
      _ = try workplace.server.query(
        Statement(
          "SELECT tollgate.begin_authorization($1::uuid, NULL, false, 'drive', sha256('a'), \(Workplace.sealed))"),
        [tenants.0.parameter])
      #expect(try workplace.server.refusal("SELECT tollgate.drop_ended_authorizations(0)") == "TG400")
      // The first tenant's own was dropped when it began another.
      #expect(try workplace.server.lines("SELECT tollgate.drop_ended_authorizations()") == ["1"])
      #expect(try workplace.server.lines("SELECT tollgate.drop_ended_authorizations()") == ["0"])
      #expect(try workplace.count("tollgate.credential_authorizations", of: tenants.0) == 1)
      #expect(try workplace.count("tollgate.credential_authorizations", of: tenants.1) == 0)
    }
  }

  @Test("a sweep leaves no organization admitted, whether it ends well or not")
  func leftBehind() async throws {
    try await Workplace.with { workplace in
      _ = try Self.tenants(&workplace)
      let settings: Statement = "SELECT coalesce(current_setting('tollgate.organizations', true), '')"
      try workplace.server.script("BEGIN; SELECT tollgate.sweep()")
      #expect(try workplace.server.lines(settings) == [""])
      try workplace.server.script("SAVEPOINT before")
      #expect(try workplace.server.refusal("SELECT tollgate.sweep(0)") == "TG400")
      try workplace.server.script("ROLLBACK TO before")
      #expect(try workplace.server.lines(settings) == [""])
      try workplace.server.script("COMMIT")
    }
  }
}
