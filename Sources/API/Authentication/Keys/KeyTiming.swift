/// When a key set is looked at again, and how long anybody waits for it.
public struct KeyTiming: Sendable {
  /// Between one look and the next where nobody says otherwise.
  public var refresh: Duration
  /// What a server's `max-age` may lead to.
  public var allowedRefresh: ClosedRange<Duration> = .seconds(60)...(.seconds(3600))
  /// Between a failure and the next attempt: doubled from the first to the last.
  public var retry: ClosedRange<Duration> = .seconds(2)...(.seconds(60))
  /// An unknown key leads to a look no sooner than this after the last one began.
  public var betweenDemands: Duration = .seconds(30)
  /// The longest that a request waits, and that a server may take to answer.
  public var patience: Duration = .seconds(5)
  /// For how long keys are good without a successful look.
  public var retention: Duration = .seconds(86_400)

  public init(refresh: Duration) { self.refresh = refresh }

  /// For a file: to read it costs nothing.
  public static let file = KeyTiming(refresh: .seconds(60))
  /// For a server that is somebody else's.
  public static let url = KeyTiming(refresh: .seconds(600))
}
