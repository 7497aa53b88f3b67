import Testing

@testable import TollgateClient

@Suite("when a client tries again")
struct RetryPolicyTests {
  private let policy = RetryPolicy(deadlineSeconds: 30, shortestDelaySeconds: 0.1, longestDelaySeconds: 5)

  private func delay(_ attempts: Int, elapsed: Double = 0, retryAfter: Int? = nil, jitter: Double = 1) -> Double? {
    policy.delaySeconds(
      afterAttempts: attempts, elapsedSeconds: elapsed, retryAfterSeconds: retryAfter, jitter: jitter)
  }

  @Test("waits double up to the longest, and chance takes off up to a half")
  func doubling() {
    #expect((1...8).map { delay($0) } == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])
    #expect(delay(1, jitter: 0) == 0.05)
    #expect(delay(1_000_000) == 5)
  }

  @Test("what Tollgate asks for is waited at least, and clients come back apart")
  func retryAfter() {
    #expect(delay(1, retryAfter: 2, jitter: 0) == 2)
    #expect(delay(1, retryAfter: 2, jitter: 1) == 2.05)
    #expect(delay(1, retryAfter: 0, jitter: 1) == 0.1)
  }

  @Test("nothing is tried again that could not be before the deadline")
  func deadline() {
    #expect(delay(1, elapsed: 29.8) == 0.1)
    #expect(delay(1, elapsed: 29.95) == nil)
    #expect(delay(1, elapsed: 0, retryAfter: 30) == nil)
    let single = RetryPolicy(deadlineSeconds: 0)
    #expect(single.delaySeconds(afterAttempts: 1, elapsedSeconds: 0, retryAfterSeconds: nil, jitter: 0) == nil)
  }
}
