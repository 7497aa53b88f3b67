import Locking

/// Lines that were written somewhere, for a test to read.
public final class RecordedLines: Sendable {
  private let lines = Mutex<[String]>([])

  public init() {}

  public func append(_ line: String) { lines.withLock { $0.append(line) } }

  public var all: [String] { lines.withLock { $0 } }

  /// The lines in which a text occurs.
  public func containing(_ text: String) -> [String] { all.filter { $0.contains(text) } }

  /// The first line in which a text occurs, waited for: what is said of a request is said after its answer.
  ///
  /// - Returns: nil when there is none within 30 seconds.
  public func first(containing text: String) async -> String? {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if let line = containing(text).first { return line }
      await Task.yield()
    }
    return nil
  }
}
