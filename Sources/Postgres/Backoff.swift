/// When a lane may connect again. Pure: the caller gives the time and the jitter.
///
/// The first loss after a time of health is followed by a connection at once. From then on each failure, whether to
/// connect or to keep the connection for one job, makes the wait longer.
struct Backoff {
  static let shortest: Duration = .milliseconds(100)
  static let longest: Duration = .seconds(5)

  private var failures = 0
  private var notBefore: ContinuousClock.Instant?

  func mayConnect(at now: ContinuousClock.Instant) -> Bool {
    guard let notBefore else { return true }
    return now >= notBefore
  }

  /// How long to wait before connecting, in milliseconds, rounded up; 0: not at all.
  func millisecondsUntilConnecting(at now: ContinuousClock.Instant) -> Int32 {
    guard let notBefore, notBefore > now else { return 0 }
    return Int32(((notBefore - now) / .milliseconds(1)).rounded(.up))
  }

  /// A job ran and left the connection usable.
  mutating func worked() {
    failures = 0
    notBefore = nil
  }

  /// The connection did not outlive a job.
  mutating func lost(at now: ContinuousClock.Instant, jitter: Double) {
    failures += 1
    notBefore = failures == 1 ? nil : now + delay(afterFailures: failures - 1, jitter: jitter)
  }

  /// No connection could be made.
  mutating func connectFailed(at now: ContinuousClock.Instant, jitter: Double) {
    failures += 1
    notBefore = now + delay(afterFailures: failures, jitter: jitter)
  }

  /// With `jitter` from 0 to 1 the delay is between half of its full length and all of it, so that many lanes that
  /// failed together do not come back together.
  private func delay(afterFailures count: Int, jitter: Double) -> Duration {
    let doublings = min(max(count - 1, 0), 10)
    let full = min(Self.shortest * (1 << doublings), Self.longest)
    return full * (0.5 + min(max(jitter, 0), 1) / 2)
  }
}
