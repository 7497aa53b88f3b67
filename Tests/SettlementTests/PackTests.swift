import Postgres
import Testbed
import Testing

@Suite("Packs and stuck tokens, for operators")
struct PackTests {
  /// amount, used, remaining, expired and whether it is over, of each pack of a tenant, the first to expire first.
  private static func packs(of tenant: Tenant, _ workplace: inout Workplace) throws -> [String] {
    try workplace.administrator.lines(
      """
      SELECT amount, used, remaining, expired, is_expired
      FROM tollgate.packs
      WHERE organization_id = $1::uuid
      ORDER BY expires_at
      """, [tenant.parameter])
  }

  private static func buy(_ tenant: Tenant, _ amount: Int, _ expiresAt: String, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "SELECT tollgate.top_up($1::uuid, 'general', $2::bigint, $3::text, $3::text::timestamptz)",
      [tenant.parameter, .integer(Int64(amount)), .text(expiresAt)])
  }

  private static func spend(_ tenant: Tenant, _ units: Int, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "SELECT tollgate.deduct($1::uuid, NULL, 'generate_insight', $2::bigint)",
      [tenant.parameter, .integer(Int64(units))])
  }

  @Test("packs burn down in the order in which they expire, and end as used or expired")
  func burnDown() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.buy(tenant, 10, "2998-01-01 00:00+00", &workplace)
      try Self.buy(tenant, 6, "2997-01-01 00:00+00", &workplace)
      #expect(try Self.packs(of: tenant, &workplace) == ["6|0|6|0|f", "10|0|10|0|f"])
      try Self.spend(tenant, 54, &workplace)
      #expect(try Self.packs(of: tenant, &workplace) == ["6|4|2|0|f", "10|0|10|0|f"])

      // The first is over: nobody has booked it, and it is told.
      try workplace.administrator.script("SET tollgate.clock = '2997-01-02 00:00+00'")
      #expect(try Self.packs(of: tenant, &workplace) == ["6|4|0|2|t", "10|0|10|0|f"])
      try workplace.administrator.script("RESET tollgate.clock")

      try Self.spend(tenant, 5, &workplace)
      #expect(try Self.packs(of: tenant, &workplace) == ["6|6|0|0|f", "10|3|7|0|f"])
      try workplace.administrator.script("SET tollgate.clock = '2999-01-01 00:00+00'")
      #expect(try Self.packs(of: tenant, &workplace) == ["6|6|0|0|t", "10|3|0|7|t"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("a change by hand takes of packs, booked or not")
  func byHand() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.buy(tenant, 10, "2998-01-01 00:00+00", &workplace)
      try workplace.setBalance(of: tenant, "general", to: 7)
      #expect(try Self.packs(of: tenant, &workplace) == ["10|3|7|0|f"])
      try Self.spend(tenant, 1, &workplace)
      #expect(try Self.packs(of: tenant, &workplace) == ["10|4|6|0|f"])
    }
  }

  @Test("a reservation is stuck from its expiry until something books that")
  func stuck() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "SELECT tollgate.reserve($1::uuid, NULL, 'generate_goal', 2, 60)", [tenant.parameter])
      let stuck = Statement("SELECT token_type, amount, overdue > interval '0' FROM tollgate.stuck_tokens")
      #expect(try workplace.administrator.lines(stuck) == [])
      _ = try workplace.administrator.query(
        "UPDATE tollgate.reservations SET expires_at = now() - interval '1 second'")
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET due_at = now() - interval '1 second' WHERE token_type = 'goal_generation'")
      #expect(try workplace.administrator.lines(stuck) == ["goal_generation|6|t"])
      _ = try workplace.administrator.query(
        "SELECT tollgate.deduct($1::uuid, NULL, 'generate_goal')", [tenant.parameter])
      #expect(try workplace.administrator.lines(stuck) == [])
    }
  }
}
