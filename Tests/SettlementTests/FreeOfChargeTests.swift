import Postgres
import Testbed
import Testing
import Tokens

@Suite("What is free of charge, and without a balance")
struct FreeOfChargeTests {
  @Test("a free feature is reserved, captured and released where the plan has no such tokens")
  func reserved() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for end in ["capture", "release"] {
        let held = try #require(
          try workplace.administrator.text(
            "SELECT (tollgate.reserve($1::uuid, $2::uuid, 'headline_pick')).transaction_id",
            [tenant.parameter, .text(tenant.member.description)]))
        let answer = try workplace.administrator.lines(
          Statement("SELECT outcome, cost, balance_after FROM tollgate.\(end)($1::uuid, $2::uuid)"),
          [tenant.parameter, .text(held)])
        #expect(answer == ["success|0|0"])
      }
    }
  }

  @Test("of a free use nothing is left to give back, with a balance or without one")
  func refunded() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for _ in 1...2 {
        let charge = try workplace.administrator.settle(tenant.deduction("headline_pick"))
        let id = try #require(charge.settlement?.transactionID)
        let refused = #expect(throws: PostgresError.self) {
          _ = try workplace.administrator.query(
            "SELECT tollgate.refund($1::uuid, $2::uuid)", [tenant.parameter, .text(id.description)])
        }
        #expect(refused?.sqlState?.rawValue == "TG409")
        try workplace.setBalance(of: tenant, "feature_depth", to: 5)
      }
    }
  }

  @Test("a balance that the plan does not have is reset to nothing")
  func reset() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answer = try workplace.administrator.lines(
        """
        SELECT outcome, cost, balance_before, balance_after
        FROM tollgate.settle(
          ARRAY[$1::uuid], ARRAY[NULL::uuid], ARRAY[false], ARRAY[NULL::text], ARRAY[NULL::bigint], ARRAY[NULL::text],
          ARRAY[NULL::text], ARRAY[NULL::jsonb], ARRAY[gen_random_uuid()],
          ARRAY['{"operation": "reset", "tokenType": "api_budget"}'::jsonb])
        """, [tenant.parameter])
      #expect(answer == ["success|0|0|0"])
    }
  }
}
