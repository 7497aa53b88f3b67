import Foundation

/// A folder below /tmp that goes with this object. PostgreSQL's user may enter it.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/tollgate-command-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes a file and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(filePath: file))
    return file
  }
}
