import Foundation
import Postgres
import Testbed
import Testing
import Tokens

/// For whose rows are new the ledger is looked through, which takes as long as rolling up many organizations. Rows of the
/// last ten seconds are found again each time, so that steps of these tests lie further apart.
@Suite("Roll-ups look for whose rows are new")
struct RollUpLookTests {
  /// Well behind what making the organizations writes.
  private static let start = Date.now.addingTimeInterval(3600).formatted(.iso8601)

  /// Sets the clock by which the administrator's session decides, to so many seconds after the start.
  private static func set(clock seconds: Int, _ workplace: inout Workplace) throws {
    try workplace.administrator.script(
      "SELECT set_config('tollgate.clock', (timestamptz '\(start)' + interval '\(seconds) seconds')::text, false)")
  }

  private static func use(_ tenants: some Sequence<Tenant>, at seconds: Int, _ workplace: inout Workplace) throws {
    try set(clock: seconds, &workplace)
    for tenant in tenants { _ = try workplace.administrator.settle(tenant.deduction("generate_goal")) }
  }

  /// Rolls up one organization, and says how many are still known to be behind.
  private static func turn(at seconds: Int, _ workplace: inout Workplace) throws -> Int64 {
    try set(clock: seconds, &workplace)
    let rolled = try workplace.administrator.integer("SELECT rolled_up FROM tollgate.roll_up(organization_limit => 1)")
    #expect(rolled == 1)
    return try workplace.administrator.integer("SELECT count(*) FROM tollgate.rolled_organizations WHERE is_behind")
  }

  private static func rollUpAll(at seconds: Int, _ workplace: inout Workplace) throws {
    try set(clock: seconds, &workplace)
    _ = try workplace.administrator.query("SELECT tollgate.roll_up()")
  }

  @Test("each time while too few are known to have something new, and every ten seconds while enough are")
  func everyTenSeconds() async throws {
    try await Workplace.with { workplace in
      let tenants = try (0..<3).map { _ in try workplace.tenant() }
      try Self.rollUpAll(at: 60, &workplace)
      try Self.use(tenants[..<2], at: 120, &workplace)
      #expect(try Self.turn(at: 121, &workplace) == 1)
      // The third one is not looked for while there is the second.
      try Self.use(tenants[2...], at: 122, &workplace)
      #expect(try Self.turn(at: 131, &workplace) == 0)
      // The first one's row is of the last ten seconds before it was rolled up.
      #expect(try Self.turn(at: 132, &workplace) == 1)

      try Self.rollUpAll(at: 180, &workplace)
      try Self.use(tenants[..<2], at: 200, &workplace)
      #expect(try Self.turn(at: 201, &workplace) == 1)
      try Self.use(tenants[2...], at: 202, &workplace)
      #expect(try Self.turn(at: 212, &workplace) == 2)
    }
  }

  @Test("and again by a clock that has been put back")
  func clockPutBack() async throws {
    try await Workplace.with { workplace in
      let tenants = try (0..<3).map { _ in try workplace.tenant() }
      try Self.rollUpAll(at: 60, &workplace)
      try Self.use(tenants[..<2], at: 200, &workplace)
      #expect(try Self.turn(at: 201, &workplace) == 1)
      try Self.use(tenants[2...], at: 120, &workplace)
      #expect(try Self.turn(at: 121, &workplace) > 0)
    }
  }
}
