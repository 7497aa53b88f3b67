/// When a delivery that failed is tried again: a pure rule, without clocks.
public struct RetrySchedule: Sendable {
  /// Seconds from each failed attempt to the next. The default is that of Standard Webhooks: ten attempts in three days.
  public var delaysSeconds: [Double] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
  /// Which part of a delay it may be longer or shorter by.
  public var jitter = 0.2
  /// The longest wait that a receiver may ask for.
  public var retryAfterLimitSeconds = 86_400.0

  public init() {}

  /// - Parameters:
  ///   - attempts: how many have failed, 1 or more.
  ///   - retryAfterSeconds: what the receiver asks for.
  ///   - random: from 0 to 1.
  /// - Returns: milliseconds until the next; nil: there is none.
  func milliseconds(afterAttempts attempts: Int64, retryAfterSeconds: Int?, random: Double) -> Int64? {
    guard attempts >= 1, attempts <= delaysSeconds.count else { return nil }
    let delay = delaysSeconds[Int(attempts) - 1] * (1 - jitter + 2 * jitter * random)
    let wanted = min(Double(retryAfterSeconds ?? 0), retryAfterLimitSeconds)
    return Int64((max(delay, wanted) * 1000).rounded())
  }
}
