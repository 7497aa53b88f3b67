import Foundation
import Locking

/// A folder below /tmp that goes with this object, or at the latest with the process.
public final class TestFolder: Sendable {
  public let path: String

  /// What is there now. Objects that tests share last until the process ends, which ends no object.
  private static let paths = {
    atexit { TestFolder.removeAll() }
    return Mutex<Set<String>>([])
  }()

  public init() throws {
    path = "/tmp/tollgate-test-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    Self.paths.withLock { [path] in _ = $0.insert(path) }
  }

  deinit {
    Self.paths.withLock { [path] in _ = $0.remove(path) }
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func removeAll() {
    for path in paths.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }

  /// The path of a file that may or may not be there.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Makes a file, or replaces it at one stroke, and returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)), options: .atomic)
    return file(name)
  }

  public func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }
}
