import Testbed
import Testing
import TollgateClient

@Suite("refusals as typed errors")
struct RefusalTests {
  @Test("too few tokens is 402 with its figures")
  func insufficient() async throws {
    let spender = try await Spender(.shared())
    guard
      case .insufficientTokens(let refusal) = await failure(of: {
        try await spender.client.deduct("generate_goal", units: 7)
      })
    else { return #expect(Bool(false)) }
    #expect(refusal.problem.status == 402)
    #expect(refusal.problem.code == "insufficient_tokens")
    #expect(refusal.problem.detail == "Insufficient tokens. Need 21, have 20")
    #expect(refusal.featureUsed == "generate_goal")
    #expect(refusal.tokenType == "goal_generation")
    #expect(refusal.requiredTokens == 21)
    #expect(refusal.availableTokens == 20)
    #expect(refusal.deficit == 1)
    #expect(refusal.balance == 20)
    #expect(refusal.retryAfterSeconds == nil)
    #expect(
      try await spender.served.text("SELECT kind FROM tollgate.ledger WHERE id = '\(refusal.transactionID)'")
        == "refusal")
    // Tokens of a type have no feature.
    let held = await failure { try await spender.client.reserve(tokenType: "general", amount: 51) }
    #expect(held?.refusal?.featureUsed == nil)
    #expect(held?.refusal?.deficit == 1)
  }

  @Test("a plan without the feature and a suspended organization are 403, each with its own case")
  func forbidden() async throws {
    let starter = try await Spender(.shared(), plan: "starter")
    let refused = await failure { try await starter.client.deduct("generate_goal") }
    guard case .notOnPlan(let refusal) = refused else { return #expect(Bool(false), "\(String(describing: refused))") }
    #expect(refusal.problem.detail == "Not available on Starter plan")
    #expect("\(try #require(refused))" == "403 not_on_plan: Not available on Starter plan")
    try await starter.served.script(
      "SELECT tollgate.suspend_organization('\(starter.tenant.organizationID)')")
    guard case .organizationSuspended = await failure(of: { try await starter.client.deduct("generate_insight") })
    else { return #expect(Bool(false)) }
  }

  @Test("a bucket and a quota are 429 with the seconds to wait")
  func waiting() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        UPDATE tollgate.plan_allocations
        SET tokens = 12, period = 'never', refill_tokens = 5, refill_seconds = 60
        WHERE plan = 'pro' AND token_type = 'forecast';
        UPDATE tollgate.limits SET is_enabled = true, maximum = 2 WHERE limit_name = 'requests_per_minute'
        """)
      let spender = try await Spender(served)
      _ = try await spender.client.deduct("forecast_revenue", units: 2)
      let refilling = await failure { try await spender.client.deduct("forecast_revenue", units: 2) }
      guard case .refilling(let refusal) = refilling else {
        return #expect(Bool(false), "\(String(describing: refilling))")
      }
      #expect((40...48).contains(try #require(refusal.retryAfterSeconds)))
      #expect(refusal.deficit == 4)
      _ = try await spender.client.deduct("generate_goal")
      let limited = await failure { try await spender.client.deduct("generate_goal") }
      guard case .limitReached(let refusal) = limited else {
        return #expect(Bool(false), "\(String(describing: limited))")
      }
      #expect(refusal.limit == "requests_per_minute")
      #expect((1...60).contains(try #require(limited?.retryAfterSeconds)))
      // Each attempt would have left a row: no other follows a 4xx.
      let rows = "SELECT string_agg(reason, ' ' ORDER BY reason) FROM tollgate.ledger_entries WHERE kind = 'refusal'"
      #expect(try await served.text(rows) == "limit_reached refilling")
    }
  }

  @Test("a wrong credential is refused at once, and is in no text of the error")
  func unauthorized() async throws {
    let spender = try await Spender(.shared())
    var configuration = spender.client.configuration
    configuration.credential = "tg_live_secret-that-nobody-has"
    let client = TollgateClient(configuration)
    let began = ContinuousClock.now
    let refused = try #require(await failure { try await client.deduct("generate_goal") })
    guard case .forbidden(let problem) = refused else { return #expect(Bool(false), "\(refused)") }
    #expect(problem.status == 401)
    #expect(problem.requestID != nil)
    #expect(!"\(refused) \(String(reflecting: refused))".contains("secret-that-nobody-has"))
    // No attempt follows a 4xx.
    #expect(ContinuousClock.now - began < .seconds(10))
    configuration.credential = "line\r\nbreak"
    let broken = TollgateClient(configuration)
    guard case .invalidRequest = await failure(of: { try await broken.deduct("generate_goal") }) else {
      return #expect(Bool(false))
    }
  }

  @Test("a request that makes no sense is rejected with the reason")
  func rejected() async throws {
    let spender = try await Spender(.shared())
    for (feature, units, code) in [("fly", 1, "unknown_feature"), ("generate_goal", 0, "amount_out_of_range")] {
      guard
        case .rejected(let problem) = await failure(of: {
          try await spender.client.deduct(feature, units: .count(units))
        })
      else { return #expect(Bool(false), "\(feature)") }
      #expect(problem.code == code)
    }
  }
}
