import Crypto
import Foundation

/// A secret that this machine made for itself, in a file that only its owner reads.
enum PrivateFile {
  /// The secret in the file, made of 32 random bytes where there is none yet.
  ///
  /// The file appears whole or not at all: another process that starts at this moment reads the same secret.
  static func secret(at url: URL) throws -> String {
    if let existing = try? String(contentsOf: url, encoding: .utf8), !existing.isEmpty { return existing }
    let secret = encodeBase64URL(try randomBytes(32))
    let draft = url.appendingPathExtension("\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(at: draft) }
    guard
      FileManager.default.createFile(
        atPath: draft.path(), contents: Data(secret.utf8), attributes: [.posixPermissions: 0o600])
    else { throw CommandFailure("cannot write in \(url.deletingLastPathComponent().path()); choose another --data") }
    // Linking, unlike renaming, does not replace what somebody else was quicker to write.
    try? FileManager.default.linkItem(at: draft, to: url)
    return try String(contentsOf: url, encoding: .utf8)
  }
}
