import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@Suite("Roll-ups, whatever the ids of what they add up")
struct RollUpIDTests {
  @Test("have each row once in each report, in parts of any size")
  func anyIDs() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("Rolling up random ids: seed \(seed)")
    try await Workplace.with { workplace in
      var dice = Dice(state: seed)
      let tenants = try (0..<3).map { _ in try workplace.tenant(plan: "enterprise") }
      var uses: [(Tenant, TransactionID)] = []
      for _ in 0..<80 {
        let tenant = tenants[dice.roll(tenants.count)]
        switch dice.roll(8) {
        case 0...3:
          let deductions = (0...dice.roll(30)).map { _ in
            tenant.deduction(
              ["generate_goal", "headline_pick", "generate_insight", "generate_insight"][dice.roll(4)],
              units: dice.roll(5) == 0 ? 1_000_000_000 : 1, id: Self.id(&dice))
          }
          _ = try workplace.server.settle(deductions)
          uses += deductions.map { (tenant, $0.transactionID) }
        case 4 where !uses.isEmpty:
          let (tenant, id) = uses[dice.roll(uses.count)]
          // Of a refusal, and of what was refunded before, nothing is given back.
          try workplace.administrator.script(
            """
            DO $$ BEGIN
              PERFORM tollgate.refund('\(tenant.id)', '\(id)');
            EXCEPTION WHEN OTHERS THEN
              IF SQLSTATE NOT LIKE 'TG%' THEN
                RAISE;
              END IF;
            END $$
            """)
        case 5:
          _ = try workplace.administrator.query(
            "SELECT tollgate.top_up($1::uuid, 'general', 5, $2)", [tenant.parameter, .text("\(UUID())")])
        default:
          // At a time that may be later than it is, so that some of what waits for the seal is rolled up.
          try workplace.administrator.script(
            """
            BEGIN;
            SELECT set_config('tollgate.clock', (now() + interval '\(4 * dice.roll(4)) seconds')::text, true);
            SELECT tollgate.roll_up(3, \(1 + dice.roll(60)), 1);
            COMMIT;
            """)
        }
        var (answered, logged) = try workplace.answeredAndLogged()
        #expect(answered == logged)
        (answered, logged) = try workplace.movedAndLogged()
        #expect(answered == logged)
      }
      try workplace.rollUp()
      let (answered, logged) = try workplace.movedAndLogged()
      #expect(answered == logged)
    }
  }

  /// An id of this moment, or of another: by latency, by clocks that differ, or by whoever makes them up.
  private static func id(_ dice: inout Dice) -> TransactionID {
    let now = Int64(Date.now.timeIntervalSince1970 * 1000)
    let milliseconds: Int64 = [0, 0, 0, 100, 3_000, 60_000, 3_600_000, 86_400_000][dice.roll(8)]
    let distance = milliseconds == 0 ? 0 : Int64(dice.roll(Int(2 * milliseconds))) - milliseconds
    return .timeOrdered(milliseconds: UInt64(now + distance))
  }
}
