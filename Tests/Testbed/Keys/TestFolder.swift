import Foundation

/// A folder below /tmp that goes with this object.
public final class TestFolder: Sendable {
  public let path: String

  public init() throws {
    path = "/tmp/tollgate-test-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

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
