import Postgres
import Testbed
import Testing
import Tokens

@Suite("What a user may do in its organization")
struct UserRoleTests {
  private static func makeViewer(of user: UserID, in tenant: Tenant, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "SELECT tollgate.set_user_role($1::uuid, $2::uuid, 'viewer')", [tenant.parameter, .uuid(user.bits)])
  }

  @Test("a viewer spends nothing, alone and beside others in a batch, and learns nothing of a key")
  func viewer() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.makeViewer(of: tenant.otherMember, in: tenant, &workplace)
      let viewer = Spender.member(tenant.otherMember)
      let answers = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "k", by: .member(tenant.member)),
        tenant.deduction("generate_goal", by: viewer),
        tenant.deduction("generate_goal", key: "k", by: viewer),
        tenant.deduction("no_such_feature", by: viewer),
        tenant.deduction("generate_goal", by: .service(onBehalfOf: tenant.otherMember)),
      ])
      #expect(answers.map(\.outcome) == [.success, .notPermitted, .notPermitted, .notPermitted, .success])
      #expect(try workplace.server.settle([tenant.deduction("generate_goal", by: viewer)])[0].outcome == .notPermitted)
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 2)
    }
  }

  @Test("to a viewer a check says no, as spending would, whatever of the feature it takes to know")
  func checks() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let stranger = try workplace.tenant().member
      try Self.makeViewer(of: tenant.otherMember, in: tenant, &workplace)
      let check: Statement = """
        SELECT outcome, coalesce(balance::text, 'untold') FROM tollgate.check_balances(ARRAY[$1, $1, $1, $1]::uuid[],
          ARRAY[$2, $3, $4, $3]::uuid[], ARRAY[true, true, true, false], array_fill('generate_goal'::text, ARRAY[4]),
          ARRAY[1, 1, 1, 1], CASE WHEN $5 THEN array_fill('{"units": {}}'::jsonb, ARRAY[4]) END)
        ORDER BY item
        """
      let users = [tenant.member, tenant.otherMember, stranger].map { Parameter.text($0.description) }
      #expect(
        try workplace.server.lines(check, [tenant.parameter] + users + [.boolean(false)])
          == ["success|20", "not_permitted|untold", "forbidden|untold", "success|20"])
      // By the way that looks at each item alone.
      #expect(
        try workplace.server.lines(check, [tenant.parameter] + users + [.boolean(true)])[1...2]
          == ["not_permitted|untold", "forbidden|untold"])
      try workplace.administrator.become(user: tenant.otherMember)
      #expect(
        try workplace.administrator.refusal("SELECT tollgate.check_balance(NULL, NULL, 'generate_goal')") == "TG403")
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("a role counts from the next request on, and a user is a member unless told")
  func change() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let deduction = tenant.deduction("generate_goal", by: .member(tenant.member))
      #expect(try workplace.server.settle([deduction])[0].outcome == .success)
      try Self.makeViewer(of: tenant.member, in: tenant, &workplace)
      #expect(try workplace.server.settle([deduction])[0].outcome == .notPermitted)
      _ = try workplace.administrator.query(
        "SELECT tollgate.set_user_role($1::uuid, $2::uuid, 'member')",
        [tenant.parameter, .uuid(tenant.member.bits)])
      #expect(try workplace.server.settle([deduction])[0].outcome == .success)
    }
  }

  @Test("a viewer reads in psql and by the functions, and is refused there what it is refused over HTTP")
  func psql() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.makeViewer(of: tenant.member, in: tenant, &workplace)
      try workplace.administrator.script(
        """
        SET ROLE authenticated;
        SET request.jwt.claims = '{"sub": "\(tenant.member)"}';
        """)
      #expect(try workplace.administrator.integer("SELECT count(*) FROM public.ai_tokens") > 0)
      let error = #expect(throws: PostgresError.self) {
        try workplace.administrator.script("SELECT tollgate.deduct(NULL, NULL, 'generate_goal')")
      }
      #expect(error?.sqlState == SQLState(rawValue: "TG403"))
      // A viewer cannot make itself a member.
      for statement in [
        "UPDATE public.user_profiles SET role = 'member'",
        "SELECT tollgate.set_user_role('\(tenant.id)', '\(tenant.member)', 'member')",
      ] {
        let error = #expect(throws: PostgresError.self) { try workplace.administrator.script(statement) }
        #expect(error?.sqlState == SQLState(rawValue: "42501"), "\(statement)")
      }
      try workplace.administrator.script("RESET ROLE; RESET request.jwt.claims")
    }
  }

  @Test("an unknown role, and a user of another organization, are errors")
  func refusals() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      for (state, statement) in [
        ("TG400", "SELECT tollgate.set_user_role('\(tenant.id)', '\(tenant.member)', 'owner')"),
        ("TG400", "SELECT tollgate.set_user_role('\(tenant.id)', '\(tenant.member)', NULL)"),
        ("TG404", "SELECT tollgate.set_user_role('\(tenant.id)', '\(other.member)', 'viewer')"),
      ] {
        let error = #expect(throws: PostgresError.self) { try workplace.administrator.script(statement) }
        #expect(error?.sqlState == SQLState(rawValue: state), "\(statement)")
      }
    }
  }
}
