/// When a request is sent again, always under the same Idempotency-Key: it was answered 502, 503 or 504, or the connection
/// broke. Never after any other answer.
public struct RetryPolicy: Sendable, Equatable {
  /// The longest that a call may take with all its attempts, in seconds. 0: one attempt.
  public var deadlineSeconds: Double
  /// The wait after the first attempt, in seconds; doubled after each further one.
  public var shortestDelaySeconds: Double
  /// The longest wait, in seconds, unless Tollgate asks for a longer one by Retry-After.
  public var longestDelaySeconds: Double

  public init(deadlineSeconds: Double = 30, shortestDelaySeconds: Double = 0.1, longestDelaySeconds: Double = 5) {
    self.deadlineSeconds = deadlineSeconds
    self.shortestDelaySeconds = shortestDelaySeconds
    self.longestDelaySeconds = longestDelaySeconds
  }

  /// What to wait before the next attempt. Pure: time and chance come from outside.
  ///
  /// - Parameters:
  ///   - attempts: how many were made, 1 or more.
  ///   - elapsedSeconds: since the first began.
  ///   - retryAfterSeconds: what the last answer asked for.
  ///   - jitter: from 0 to 1. Clients that failed together come back apart.
  /// - Returns: seconds; nil: no further attempt.
  func delaySeconds(
    afterAttempts attempts: Int, elapsedSeconds: Double, retryAfterSeconds: Int?, jitter: Double
  ) -> Double? {
    let doublings = Double(1 << min(max(attempts - 1, 0), 20))
    let full = min(shortestDelaySeconds * doublings, longestDelaySeconds)
    // Spread below what is our own choice, and above what Tollgate asked for.
    let own = full * (0.5 + jitter / 2)
    let delay = retryAfterSeconds.map { max(own, Double($0) + full * jitter / 2) } ?? own
    return elapsedSeconds + delay < deadlineSeconds ? delay : nil
  }
}
