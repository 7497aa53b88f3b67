import JSON
import Testbed
import Testing

/// What besides an empty balance refuses: a critical one, a bucket that is filling, a limit.
@Suite("refusals that are not for want of tokens alone")
struct LimitTests {
  @Test("a critical balance blocks what could be paid: 402 on deduct, an answer on check-balance")
  func critical() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    _ = try await served.topUp(tenant, "api_budget", 65, payment: "pi_1")
    _ = try await served.charge(tenant, "surprise_me")
    let refused = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"manual_search"}"#, key: "k")
    #expect(refused.status == 402)
    let body = try refused.json()
    #expect(body["code"]?.string == "critical_balance")
    #expect(body["limit"]?.string == "critical_threshold")
    #expect(body["requiredTokens"]?.integer == 10)
    #expect(body["availableTokens"]?.integer == 15)
    #expect(body["deficit"]?.integer == 0)
    let id = try #require(body["transactionId"]?.string)
    #expect(try await served.ledger("kind, reason", of: id) == "refusal|critical_balance")
    let again = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"manual_search"}"#, key: "k")
    #expect(again.status == 402)
    #expect(again["Idempotent-Replayed"] == "true")
    let app = try await served.ask(tenant, Path.checkBalance, tenant.asking("manual_search", "deduct"))
    #expect(app.status == 200)
    #expect(try app.json()["success"] == .boolean(false))
    #expect(try app.json()["remainingBalance"]?.integer == 15)
    #expect(try app.json()["message"]?.string == "Insufficient tokens. Need 10, have 15")
    let check = try await served.ask(tenant, Path.checkBalance, tenant.asking("manual_search"))
    #expect(check.body == #"{"hasTokens":false}"#)
    #expect(try await served.violations() == [])
  }

  @Test("a bucket that will have enough is 429 with the time until then")
  func refilling() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        UPDATE tollgate.plan_allocations
        SET tokens = 12, period = 'never', refill_tokens = 5, refill_seconds = 60
        WHERE plan = 'pro' AND token_type = 'forecast'
        """)
      let tenant = try await served.makeTenant()
      _ = try await served.charge(tenant, "forecast_revenue", units: 2)
      let body = #"{"featureUsed":"forecast_revenue","units":2}"#
      for answer in [
        try await served.ask(tenant, Path.deduct, body, key: "k"),
        try await served.ask(tenant, Path.reservations, body),
      ] {
        #expect(answer.status == 429)
        let body = try answer.json()
        #expect(body["code"]?.string == "refilling")
        #expect(body["requiredTokens"]?.integer == 8)
        #expect(body["availableTokens"]?.integer == 4)
        #expect(body["deficit"]?.integer == 4)
        // 4 tokens at 5 a minute.
        let wait = try #require(body["retryAfterSeconds"]?.integer)
        #expect((40...48).contains(wait))
        #expect(answer["Retry-After"] == "\(wait)")
      }
      let app = try await served.ask(
        tenant, Path.batch, #"{"items":[{"idempotencyKey":"i","featureUsed":"forecast_revenue","units":2}]}"#)
      let item = try #require(try app.json()["results"]?.array?.first)
      #expect(item["status"]?.string == "refused")
      #expect(item["code"]?.string == "refilling")
      #expect(item["retryAfterSeconds"] != nil)
      // Never enough, however long one waits.
      let large = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"forecast_revenue","units":4}"#)
      #expect(large.status == 402)
      #expect(large["Retry-After"] == nil)
      #expect(try await served.violations() == [])
    }
  }

  @Test("a limit is 429 with its name, and with Retry-After where waiting helps")
  func limits() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        UPDATE tollgate.limits SET is_enabled = true WHERE limit_name IN ('requests_per_minute', 'tokens_per_request');
        UPDATE tollgate.limits SET maximum = 2 WHERE limit_name = 'requests_per_minute'
        """)
      let tenant = try await served.makeTenant()
      let large = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"generate_insight","units":11}"#)
      #expect(large.status == 429)
      #expect(try large.json()["limit"]?.string == "tokens_per_request")
      #expect(large["Retry-After"] == nil)
      for _ in 0..<2 { _ = try await served.charge(tenant, "generate_goal") }
      let refused = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"generate_goal"}"#, key: "k")
      #expect(refused.status == 429)
      let body = try refused.json()
      #expect(body["code"]?.string == "limit_reached")
      #expect(body["limit"]?.string == "requests_per_minute")
      #expect(body["availableTokens"]?.integer == 14)
      let wait = try #require(body["retryAfterSeconds"]?.integer)
      #expect((1...60).contains(wait))
      #expect(refused["Retry-After"] == "\(wait)")
      let app = try await served.ask(tenant, Path.checkBalance, tenant.asking("generate_goal", "deduct"))
      #expect(app.status == 429)
      #expect(try app.json()["error"]?.string == "A limit is reached: requests_per_minute")
      let together = try await served.ask(
        tenant, Path.batch, #"{"mode":"atomic","items":[{"idempotencyKey":"i","featureUsed":"generate_goal"}]}"#)
      #expect(together.status == 429)
      let id = try #require(body["transactionId"]?.string)
      #expect(try await served.ledger("kind, reason", of: id) == "refusal|limit_reached")
      #expect(try await served.violations() == [])
    }
  }
}
