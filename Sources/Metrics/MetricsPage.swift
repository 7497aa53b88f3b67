import Locking

/// What a server tells of itself, from everybody who has something to tell.
public final class MetricsPage: Sendable {
  /// Writes some metrics. Called for each page, on the thread that serves it, so it must not block.
  public typealias Source = @Sendable (inout MetricsText) -> Void

  private let sources = Mutex<[Source]>([])

  public init() {}

  /// Adds metrics behind those that are there.
  public func add(_ source: @escaping Source) { sources.withLock { $0.append(source) } }

  /// The page as of now.
  public func text() -> String {
    var text = MetricsText()
    for source in sources.withLock({ $0 }) { source(&text) }
    return text.text
  }
}
