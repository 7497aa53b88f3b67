import Testbed
import Testing
import TollgateClient

@Suite("guarded work")
struct GuardTests {
  private struct Broken: Error, Equatable {}

  @Test("work that ends well is charged what was held, or what it says it took")
  func captured() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    let value = try await spender.client.withTokens("surprise_me") { held in
      #expect(held.amount == 50)
      #expect(held.reserved == 50)
      return "done"
    }
    #expect(value == "done")
    let actual = try await spender.client.withTokens("surprise_me", estimate: 3) { held in
      Costed(held.amount, tokens: 120)
    }
    #expect(actual == 150)
    let free = try await spender.client.withTokens("surprise_me", estimate: 1) { _ in Costed("free", tokens: 0) }
    #expect(free == "free")
    try await spender.expectMovements(
      "reservation 0, capture -50, reservation 0, capture -120, release 0, reservation 0, release 0")
    #expect(try await spender.balance("api_budget")?.available == 330)
    #expect(try await spender.served.violations() == [])
  }

  @Test("work that throws is not charged, and its error comes through")
  func released() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    await #expect(throws: Broken()) { try await spender.client.withTokens("surprise_me") { _ in throw Broken() } }
    try await spender.expectMovements("reservation 0, release 0")
    #expect(try await spender.balance("api_budget")?.available == 500)
    #expect(try await spender.charges() == "0")
  }

  @Test("without tokens the work never begins: it throws, or is skipped with the sentence of batch jobs")
  func refused() async throws {
    let spender = try await Spender(.shared(), apiBudget: 50)
    guard
      case .insufficientTokens = await failure(of: {
        try await spender.client.withTokens("auto_sourcing_job") { _ in Issue.record("it ran") }
      })
    else { return #expect(Bool(false)) }
    let attempt = try await spender.client.withTokensOrSkip("auto_sourcing_job") { _ in Issue.record("it ran") }
    guard case .skipped(let skip) = attempt else { return #expect(Bool(false)) }
    #expect(Skip.status == "SKIPPED_NO_TOKENS")
    #expect(skip.message == "Insufficient tokens: 50/200 available")
    #expect(skip.retryAfterSeconds == nil)
    let done = try await spender.client.withTokensOrSkip("manual_search") { _ in 7 }
    guard case .done(7) = done else { return #expect(Bool(false)) }
    let starter = try await Spender(.shared(), plan: "starter")
    let plan = try await starter.client.withTokensOrSkip("generate_goal") { _ in Issue.record("it ran") }
    guard case .skipped(let skip) = plan else { return #expect(Bool(false)) }
    #expect(skip.message == "Not available on Starter plan")
    // What is no refusal with figures is no skip either.
    guard case .rejected = await failure(of: { try await spender.client.withTokensOrSkip("fly") { _ in } }) else {
      return #expect(Bool(false))
    }
  }

  @Test("what was held is charged when the work took more than there is, and the rest is refused")
  func tooMuch() async throws {
    let spender = try await Spender(.shared(), apiBudget: 100)
    guard
      case .insufficientTokens(let refusal) = await failure(of: {
        try await spender.client.withTokens("surprise_me", estimate: 1) { _ in Costed("done", tokens: 101) }
      })
    else { return #expect(Bool(false)) }
    #expect(refusal.requiredTokens == 101)
    try await spender.expectMovements("reservation 0, capture -50")
    #expect(try await spender.served.violations() == [])
  }

  @Test("a cancelled task whose work gives up lets the tokens go")
  func cancelled() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    let (began, beginning) = AsyncStream.makeStream(of: Void.self)
    let (never, silence) = AsyncStream.makeStream(of: Void.self)
    defer { silence.finish() }
    let client = spender.client
    let task = Task {
      try await client.withTokens("surprise_me") { _ in
        beginning.yield()
        // Nothing ever comes; a cancelled task waits no longer.
        for await _ in never {}
        try Task.checkCancellation()
      }
    }
    for await _ in began { break }
    #expect(try await spender.balance("api_budget")?.reserved == 50)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await spender.expectMovements("reservation 0, release 0")
    #expect(try await spender.balance("api_budget")?.available == 500)
  }

  @Test("work that ends well in a cancelled task is charged")
  func finishedAnyway() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    let client = spender.client
    let task = Task {
      try await client.withTokens("surprise_me") { _ in
        withUnsafeCurrentTask { $0?.cancel() }
        return Task.isCancelled
      }
    }
    #expect(try await task.value)
    try await spender.expectMovements("reservation 0, capture -50")
  }

  @Test("a reservation lives as long as the work, however short it was asked for")
  func extended() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    let client = spender.client
    try await client.withTokens("surprise_me", lifetimeSeconds: 3) { held in
      let deadline = ContinuousClock.now + .seconds(30)
      // By the database's clock, a second after it would have come back.
      let question = """
        SELECT clock_timestamp() > created_at + interval '4 seconds' FROM tollgate.reservations
        WHERE reservation_id = '\(held.id)'
        """
      while try await spender.served.text(question) != "t", ContinuousClock.now < deadline {}
      #expect(try await spender.balance("api_budget")?.reserved == 50)
    }
    try await spender.expectMovements("reservation 0, capture -50")
    #expect(try await spender.served.violations() == [])
  }

  @Test("work that goes on for longer than it may has its tokens come back, and is told so instead of being charged")
  func tooLong() async throws {
    let spender = try await Spender(.shared(), apiBudget: 500)
    let client = Spender.client(of: spender.tenant, port: Int(spender.served.server.port)) {
      $0.longestWorkSeconds = 0.5
    }
    let thrown = await failure {
      try await client.withTokens("surprise_me", lifetimeSeconds: 3) { held in
        let deadline = ContinuousClock.now + .seconds(30)
        let question = """
          SELECT expires_at < clock_timestamp() AND expires_at = created_at + interval '3 seconds'
          FROM tollgate.reservations WHERE reservation_id = '\(held.id)'
          """
        while try await spender.served.text(question) != "t", ContinuousClock.now < deadline {}
        #expect(try await spender.served.text(question) == "t")
        #expect(try await spender.balance("api_budget")?.available == 500)
      }
    }
    guard case .conflict = thrown else { return #expect(Bool(false), "\(String(describing: thrown))") }
    #expect(try await spender.balance("api_budget")?.available == 500)
    #expect(try await spender.served.violations() == [])
  }

  @Test("many at once never spend more than there is")
  func atOnce() async throws {
    let spender = try await Spender(.shared(), apiBudget: 520)
    let client = spender.client
    let done = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 {
        group.addTask {
          if case .done = try await client.withTokensOrSkip("surprise_me", { _ in }) { true } else { false }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    let left = try #require(try await spender.balance("api_budget"))
    #expect(left.balance == 520 - 50 * done)
    #expect(left.reserved == 0)
    #expect(done >= 1)
    #expect(try await spender.served.violations() == [])
  }
}
