import Postgres
import Testbed
import Testing
import Tokens

@Suite("Balances at their upper bound")
struct LargestBalanceTests {
  @Test("a refund that a balance has no room for is out of range, and can be had later")
  func refund() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let charge = try workplace.administrator.settle(tenant.deduction("generate_goal"))
      let id = try #require(charge.settlement?.transactionID)
      let refund: Statement = "SELECT outcome, balance_after FROM tollgate.refund($1::uuid, $2::uuid)"
      let parameters: [Parameter] = [tenant.parameter, .text(id.description)]
      try workplace.setBalance(of: tenant, "goal_generation", to: 1_000_000_000_000_000_000)
      let refused = #expect(throws: PostgresError.self) {
        _ = try workplace.administrator.lines(refund, parameters)
      }
      #expect(refused?.sqlState?.rawValue == "TG422")
      try workplace.setBalance(of: tenant, "goal_generation", to: 17)
      #expect(try workplace.administrator.lines(refund, parameters) == ["success|20"])
    }
  }
}
