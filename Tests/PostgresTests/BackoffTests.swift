import Testing

@testable import Postgres

@Suite("Backoff")
struct BackoffTests {
  private let start = ContinuousClock.now

  @Test("the first loss is followed by a connection at once, the second by a wait")
  func losses() {
    var backoff = Backoff()
    backoff.lost(at: start, jitter: 1)
    #expect(backoff.mayConnect(at: start))
    backoff.lost(at: start, jitter: 1)
    #expect(!backoff.mayConnect(at: start + .milliseconds(99)))
    #expect(backoff.mayConnect(at: start + .milliseconds(100)))
  }

  @Test(
    "waits double from 100 ms and stay at 5 s",
    arguments: zip([1, 2, 3, 6, 7, 1000], [100, 200, 400, 3200, 5000, 5000]))
  func growth(failures: Int, milliseconds: Int) {
    var backoff = Backoff()
    for _ in 0..<failures { backoff.connectFailed(at: start, jitter: 1) }
    #expect(!backoff.mayConnect(at: start + .milliseconds(milliseconds - 1)))
    #expect(backoff.mayConnect(at: start + .milliseconds(milliseconds)))
  }

  @Test("jitter shortens a wait to half at the most")
  func jitter() {
    var backoff = Backoff()
    backoff.connectFailed(at: start, jitter: 0)
    #expect(!backoff.mayConnect(at: start + .milliseconds(49)))
    #expect(backoff.mayConnect(at: start + .milliseconds(50)))
  }

  @Test("a job that worked makes all as it was")
  func healing() {
    var backoff = Backoff()
    for _ in 0..<9 { backoff.connectFailed(at: start, jitter: 1) }
    backoff.worked()
    #expect(backoff.mayConnect(at: start))
    backoff.lost(at: start, jitter: 1)
    #expect(backoff.mayConnect(at: start))
  }
}
