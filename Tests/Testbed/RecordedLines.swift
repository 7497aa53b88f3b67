import Locking

/// Lines that were written somewhere, for a test to read.
public final class RecordedLines: Sendable {
  private let lines = Mutex<[String]>([])

  public init() {}

  public func append(_ line: String) { lines.withLock { $0.append(line) } }

  public var all: [String] { lines.withLock { $0 } }

  /// The lines in which a text occurs.
  public func containing(_ text: String) -> [String] { all.filter { $0.contains(text) } }
}
