import Postgres
import Testbed
import Testing
import Tokens

@Suite("Plans that wait for the reset")
struct PlanResetTests {
  /// Sets the clock of the administrator's connection to so many days from now.
  private static func travel(_ days: Double, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "SELECT set_config('tollgate.clock', (now() + make_interval(secs => $1::double precision))::text, false)",
      [.real(days * 86_400)])
    _ = try workplace.administrator.query("SELECT tollgate.ensure_partitions()")
  }

  @Test("a downgrade begins with the reset: until then the old allocation, from then on the new one")
  func downgrade() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.changePlan(of: tenant, to: "pro")
      try Self.travel(29, &workplace)
      #expect(
        try workplace.administrator.settle(tenant.deduction("generate_goal")).brief == "success 3: 200 → 197 safe")
      try Self.travel(31, &workplace)
      #expect(
        try workplace.administrator.settle(tenant.deduction("generate_goal")).brief == "success 3: 20 → 17 safe")
    }
  }

  @Test("a plan whose time has come is the present one, whether or not anybody noticed")
  func due() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.changePlan(of: tenant, to: "pro")
      try Self.travel(31, &workplace)
      let read = Statement("SELECT plan || ' ' || (next_plan IS NULL) FROM tollgate.read_organization($1::uuid)")
      #expect(try workplace.administrator.text(read, [tenant.parameter]) == "pro true")
      let changes = try workplace.administrator.lines(
        """
        SELECT balance_before, balance_after FROM tollgate.change_plan($1::uuid, 'enterprise')
        WHERE token_type = 'goal_generation'
        """, [tenant.parameter])
      // The reset gave Pro's 20, to which the upgrade adds.
      #expect(changes == ["20|220"])
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'reset'") == 5)
    }
  }

  @Test(
    "a balance that is reset later than the others keeps its allocation until then, and is granted nothing meanwhile")
  func staggered() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.administrator.query(
        """
        UPDATE public.ai_tokens SET refresh_date = refresh_date + interval '10 days'
        WHERE token_type = 'goal_generation'
        """)
      _ = try workplace.changePlan(of: tenant, to: "pro")
      #expect(try workplace.plans(of: tenant) == "enterprise pro t")
      try Self.travel(31, &workplace)
      #expect(
        try workplace.administrator.settle(tenant.deduction("generate_goal", units: 50)).brief
          == "success 150: 200 → 50 warning")
      // Back up before its reset: it has had Enterprise's tokens of this period.
      let change = Statement(
        """
        SELECT balance_before, balance_after, allocated_before, allocated_after
        FROM tollgate.change_plan($1::uuid, 'enterprise') WHERE token_type = $2
        """)
      #expect(
        try workplace.administrator.lines(change, [tenant.parameter, .text("forecast")]) == ["30|230|30|230"])
      #expect(try workplace.balance(of: tenant, "goal_generation") == 50)
      #expect(
        try workplace.administrator.lines(change, [tenant.parameter, .text("goal_generation")])
          == ["50|50|200|200"])
    }
  }
}
