import Postgres
import Testbed
import Testing
import Tokens

@Suite("Balances that go to and fro across a rule's threshold")
struct AlertPauseTests {
  /// Reserves 25 tokens of 50 and looks at what is watched, then gives them back and looks once more.
  private static func waver(_ tenant: Tenant, _ workplace: inout Workplace) throws -> [String] {
    let reservation = try workplace.administrator.text(
      "SELECT transaction_id FROM tollgate.reserve($1::uuid, NULL, 'generate_insight', 25, 86400)", [tenant.parameter])
    let reserved = try workplace.edges()
    _ = try workplace.administrator.query(
      "SELECT tollgate.release($1::uuid, $2::uuid)", [tenant.parameter, .optional(reservation)])
    return reserved + (try workplace.edges())
  }

  @Test("make one event a minute of each rule, and behind it what holds then is told")
  func minute() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for _ in 1...3 { try workplace.rule("available_below", 30, of: nil) }
      // From here on it goes on only when it is told to.
      try workplace.advance(by: "0 seconds")
      let raised = Array(repeating: "raised general 25", count: 3)
      let recovered = Array(repeating: "recovered general 50", count: 3)
      let first = try (1...6).flatMap { _ in try Self.waver(tenant, &workplace) }
      #expect(first == raised)
      try workplace.advance(by: "59 seconds")
      #expect(try Self.waver(tenant, &workplace) == [])
      try workplace.advance(by: "1 second")
      #expect(try workplace.edges() == recovered)
      let second = try (1...6).flatMap { _ in try Self.waver(tenant, &workplace) }
      #expect(second == [])
      // That it has recovered is what was told last, and holds.
      try workplace.advance(by: "1 minute")
      #expect(try workplace.edges() == [])
      #expect(try Self.waver(tenant, &workplace) == raised)
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("keep nobody else's events back, and a clock that is set back keeps nothing back")
  func others() async throws {
    try await Workplace.with { workplace in
      let (tenant, other) = (try workplace.tenant(), try workplace.tenant())
      try workplace.rule("available_below", 30, of: nil)
      #expect(try Self.waver(tenant, &workplace) == ["raised general 25"])
      #expect(try Self.waver(other, &workplace) == ["raised general 25"])
      try workplace.advance(by: "-10 minutes")
      #expect(try workplace.edges() == ["recovered general 50", "recovered general 50"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }
}
