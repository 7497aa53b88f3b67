import Postgres
import Testbed
import Testing

/// The flows of behaviours C1: a bucket that refills at a rate, estimates that are settled with the actual cost, a deficit
/// down to a floor.
@Suite("Buckets: a controlled deficit")
struct BucketTests {
  /// 5 tokens a minute up to 60, and down to −20.
  private static func tenant(_ workplace: inout Workplace) throws -> Tenant {
    try workplace.administrator.script(
      """
      INSERT INTO tollgate.token_types (token_type, title) VALUES ('upstream', 'Upstream');
      INSERT INTO tollgate.plans (plan, title) VALUES ('upstream', 'Upstream');
      INSERT INTO tollgate.plan_allocations (plan, token_type, tokens, period, refill_tokens, refill_seconds, overdraft)
      VALUES ('upstream', 'upstream', 60, 'never', 5, 60, 20);
      INSERT INTO tollgate.features (feature, token_type, cost)
      VALUES ('query', 'upstream', 1), ('offers', 'upstream', 6);
      SET tollgate.clock = '2027-01-01 00:00:00+00';
      SELECT tollgate.ensure_partitions()
      """)
    return try workplace.tenant(plan: "upstream")
  }

  private static func answer(_ call: String, _ tenant: Tenant, _ workplace: inout Workplace) throws -> String {
    try workplace.administrator.lines(
      Statement(
        """
        SELECT outcome, cost, balance_before, balance_after, available, details ->> 'retryAfterSeconds'
        FROM tollgate.\(call)
        """), [tenant.parameter]
    ).joined()
  }

  private static func set(_ clock: String, _ workplace: inout Workplace) throws {
    try workplace.administrator.script("SET tollgate.clock = '2027-01-01 \(clock)+00'")
  }

  @Test("an estimate is held, the actual cost is charged, and it may drive the bucket below zero down to the floor")
  func deficit() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      func settle(_ units: Int64, actual: Int, _ workplace: inout Workplace) throws -> String {
        let held = try #require(
          try workplace.administrator.text(
            "SELECT transaction_id FROM tollgate.reserve($1::uuid, NULL, 'query', $2::bigint)",
            [tenant.parameter, .integer(units)]))
        return try Self.answer("capture($1::uuid, '\(held)', \(actual))", tenant, &workplace)
      }
      #expect(try settle(40, actual: 35, &workplace) == "success|35|60|25|25|")
      // 1 + 6 to 12 with offers were estimated; the upstream took more.
      #expect(try settle(25, actual: 37, &workplace) == "success|37|25|-12|-12|")

      // The next batch of 8 has to wait for 20 tokens: 20 / (5 a minute) = 240 seconds.
      #expect(
        try Self.answer("reserve($1::uuid, NULL, 'query', 8)", tenant, &workplace) == "refilling|8|-12|-12|-12|240")
      // What is done already may still go down to the floor, and not beyond.
      #expect(
        try Self.answer("settle_one($1::uuid, NULL, 'query', 8, NULL, '{}', NULL)", tenant, &workplace)
          == "success|8|-12|-20|-20|")
      #expect(
        try Self.answer("settle_one($1::uuid, NULL, 'query', 1, NULL, '{}', NULL)", tenant, &workplace)
          == "refilling|1|-20|-20|-20|12")

      // 100 seconds later 8 whole tokens have come, and the rest of the ninth is on its way.
      try Self.set("00:01:40", &workplace)
      #expect(
        try Self.answer("reserve($1::uuid, NULL, 'query', 8)", tenant, &workplace) == "refilling|8|-12|-12|-12|236")
      try Self.set("00:05:36", &workplace)
      #expect(try Self.answer("reserve($1::uuid, NULL, 'query', 8)", tenant, &workplace) == "success|8|8|8|0|")
      #expect(
        try Self.answer("reserve($1::uuid, NULL, 'query', 61)", tenant, &workplace) == "insufficient_tokens|61|8|8|0|")
    }
  }

  @Test("a bucket refills up to its capacity and not beyond; a full one does not save up")
  func capacity() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      #expect(
        try Self.answer("settle_one($1::uuid, NULL, 'offers', 2, NULL, '{}', NULL)", tenant, &workplace)
          == "success|12|60|48|48|")
      try Self.set("06:00:00", &workplace)
      #expect(
        try Self.answer("settle_one($1::uuid, NULL, 'query', 10, NULL, '{}', NULL)", tenant, &workplace)
          == "success|10|60|50|50|")
      // From the moment it was no longer full, not from the last refill.
      try Self.set("06:00:11", &workplace)
      #expect(try workplace.administrator.text("SELECT balance FROM tollgate.current_balances") == "50")
      try Self.set("06:00:12", &workplace)
      #expect(try workplace.administrator.text("SELECT balance FROM tollgate.current_balances") == "51")
      #expect(
        try workplace.administrator.lines(
          "SELECT kind, reason, amount FROM tollgate.ledger_entries WHERE kind <> 'refusal' ORDER BY sequence")
          == ["allocation|plan|60", "allocation|refill|12"])
    }
  }

  @Test("the upstream's own figure is written back as an adjustment")
  func writtenBack() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      let request = #"{"operation": "adjust", "tokenType": "upstream", "balance": 41, "reason": "upstream"}"#
      #expect(
        try Self.answer("settle_one($1::uuid, NULL, NULL, NULL, NULL, '{}', '\(request)')", tenant, &workplace)
          == "success|-19|60|41|41|")
      #expect(
        try workplace.administrator.lines(
          "SELECT kind, reason, amount, balance_after FROM tollgate.ledger_entries WHERE kind = 'adjustment'")
          == ["adjustment|upstream|-19|41"])
    }
  }
}
