import Fetching

/// How long things take at the most.
public struct VaultTiming: Sendable {
  /// How long a provider may take to answer.
  public var providerSeconds = 10.0
  /// For how long nobody else refreshes. Longer than the provider may take: whoever got new tokens has time to store them.
  public var leaseSeconds: Int64 = 30
  /// How long a request waits for a refresh, its own or another's.
  public var patienceSeconds = 15.0
  /// How long storing is tried again when the database is away, while nobody else has the tokens.
  public var storingSeconds = 60.0

  public init() {}

  /// The body of a token's answer is small.
  var fetchLimits: FetchLimits {
    FetchLimits(connectSeconds: providerSeconds / 2, totalSeconds: providerSeconds, bodyByteCount: 65_536)
  }
}
