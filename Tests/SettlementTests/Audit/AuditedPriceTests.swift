import Postgres
import Testbed
import Testing

@Suite("What prices of plans and packs are recorded as")
struct AuditedPriceTests {
  @Test("a price that is set again to what it is, is no change; one changed by hand is recorded with before and after")
  func prices() async throws {
    try await Workplace.with { workplace in
      let recorded = try workplace.recorded { workplace in
        for _ in 1...2 {
          try workplace.administrator.script(
            """
            SELECT tollgate.set_plan_price('pro', 4900, 'EUR');
            SELECT tollgate.set_pack_price(500, 1000, 'EUR');
            """)
        }
        try workplace.administrator.script(
          """
          UPDATE tollgate.plan_prices SET amount_minor = 5900 WHERE plan = 'pro';
          UPDATE tollgate.pack_prices SET currency = 'USD', updated_at = now();
          UPDATE tollgate.plan_prices SET updated_at = now();
          DELETE FROM tollgate.pack_prices;
          """)
      }
      #expect(
        recorded.map(\.what) == [
          "plan_price.create pro", "pack_price.create 500", "plan_price.update pro", "pack_price.update 500",
          "pack_price.delete 500",
        ])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT before ->> 'amountMinor', after ->> 'amountMinor', after ->> 'currency'
          FROM tollgate.audit_log WHERE change = 'plan_price.update'
          """) == ["4900|5900|EUR"])
    }
  }
}
