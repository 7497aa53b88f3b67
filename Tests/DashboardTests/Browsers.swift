/// Browsers, each lent to one test at a time and kept for the next: starting one takes longer than most tests.
actor Browsers {
  static let shared = Browsers(limit: 3)

  private let limit: Int
  private var count = 0
  private var free: [Browser] = []
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private init(limit: Int) { self.limit = limit }

  /// Lends one as if nobody had used it.
  func lend(_ body: @Sendable (Browser) async throws -> Void) async throws {
    let browser = try await take()
    defer { giveBack(browser) }
    try await browser.reset()
    try await body(browser)
  }

  private func take() async throws -> Browser {
    while free.isEmpty && count == limit { await withCheckedContinuation { waiting.append($0) } }
    if let browser = free.popLast() { return browser }
    count += 1
    do { return try await Browser() } catch {
      count -= 1
      wakeNext()
      throw error
    }
  }

  private func giveBack(_ browser: Browser) {
    free.append(browser)
    wakeNext()
  }

  private func wakeNext() {
    if !waiting.isEmpty { waiting.removeFirst().resume() }
  }
}
