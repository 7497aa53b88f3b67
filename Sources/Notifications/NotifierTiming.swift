import Fetching

/// How long things take, and how much is done at the same time.
public struct NotifierTiming: Sendable {
  /// From the end of a round that held balances against rules to the next one that does.
  public var roundSeconds = 1.0
  /// How long a receiver may take, with everything.
  public var receiverSeconds = 15.0
  /// How long a relay may take.
  public var relaySeconds = 30.0
  /// How long nobody else makes an attempt. Longer than one may take: whoever has an answer has time to note it.
  public var leaseSeconds: Int64 = 60
  /// The longest answer of a receiver. Nobody reads it.
  public var answerByteLimit = 262_144
  /// Attempts at the same time: at webhooks whose last one succeeded, at others, and by email.
  public var healthyLimit = 32
  public var failingLimit = 8
  public var emailLimit = 2
  public var retries = RetrySchedule()

  public init() {}

  var fetchLimits: FetchLimits {
    FetchLimits(
      connectSeconds: receiverSeconds / 2, totalSeconds: receiverSeconds, bodyByteCount: answerByteLimit)
  }
}
