import Testbed
import Testing
import TollgateClient

/// What docs/clients.md shows of Swift, as it stands there: a test compares.
@Suite("the Swift examples of docs/clients.md")
struct DocumentedExamples {
  private func write(_ what: String) async throws -> String { what }

  @Test("they do what the page says")
  func run() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let url = "http://127.0.0.1:\(served.server.port)"
    let key = tenant.token
    var lines: [String] = []

    let tollgate = TollgateClient(ClientConfiguration(url: url, credential: key))

    let goal = try await tollgate.withTokens("generate_goal", units: 2) { _ in
      try await write("a goal")
    }

    let text = try await tollgate.withTokens("generate_insight", estimate: 12) { held in
      let text = try await write("an insight")
      return Costed(text, tokens: min(text.count, held.amount))
    }

    switch try await tollgate.withTokensOrSkip("analyze_strategy", units: 60, { _ in try await write("a strategy") }) {
    case .done(let strategy): lines.append(strategy)
    case .skipped(let skip): lines.append("\(Skip.status): \(skip.message)")
    }

    do {
      let charge = try await tollgate.deduct("generate_goal", units: 9, idempotencyKey: "order-2001")
      lines.append("\(charge.balanceAfter) left")
    } catch TollgateError.insufficientTokens(let refusal) {
      lines.append("\(refusal.deficit) missing")
    } catch TollgateError.refilling(let refusal), TollgateError.limitReached(let refusal) {
      lines.append("again after \(refusal.retryAfterSeconds ?? 0) seconds")
    }

    let lease = OfflineLease(tollgate, feature: "generate_insight", units: 20, spendSeconds: 60, settleSeconds: 3600)
    try await lease.renew()
    try await lease.spend()
    try await lease.spend(units: 2)
    try await lease.settle()

    #expect(goal == "a goal")
    #expect(text == "an insight")
    #expect(lines == ["SKIPPED_NO_TOKENS: Insufficient tokens: 100/120 available", "13 missing"])
    #expect(try await tollgate.balances(tokenType: "general").first?.available == 37)
    #expect(try await served.violations() == [])
  }
}
