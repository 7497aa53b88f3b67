import Foundation

/// A folder below /tmp that is removed when the test lets go of it, and that PostgreSQL's user may enter.
final class ScratchFolder: Sendable {
  let url: URL

  init(mode: Int = 0o755) throws {
    url = URL(filePath: "/tmp/tollgate-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path())
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The names in a folder below this one.
  func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.appending(path: path).path()).sorted()
  }
}
