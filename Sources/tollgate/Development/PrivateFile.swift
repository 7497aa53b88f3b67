import Crypto
import Foundation
import Glibc
import Vault

/// A secret that this machine made for itself, in a file that only its owner reads.
enum PrivateFile {
  /// The secret in the file, made of 32 random bytes where there is none yet.
  ///
  /// The file appears whole or not at all: another process that starts at this moment reads the same secret.
  static func secret(at url: URL) throws -> String {
    try content(of: url) { encodeBase64URL(try randomBytes(32)) }
  }

  /// The same for keys of the credential vault, which a person may have changed: an editor ends a file with a line's end.
  static func vaultKeys(at url: URL) throws -> VaultKeys {
    // A database may have seen those of another folder, and an id is one key's.
    let text = try content(of: url) { try VaultKeys.make(id: "dev-\(encodeBase64URL(try randomBytes(6)))") }
    guard let keys = VaultKeys(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw CommandFailure("\(url.path()) has no vault keys (id:base64, with a comma between several); mend it")
    }
    return keys
  }

  private static func content(of url: URL, orMade make: () throws -> String) throws -> String {
    if FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) {
      guard let existing = try? String(contentsOf: url, encoding: .utf8) else {
        throw CommandFailure("cannot read \(url.path()); whose is it?")
      }
      if !existing.isEmpty { return existing }
    }
    let draft = url.path() + ".\(getpid())"
    defer { unlink(draft) }
    try write(make(), to: draft)
    // Linking, unlike renaming, does not replace what somebody else was quicker to write.
    link(draft, url.path())
    return try String(contentsOf: url, encoding: .utf8)
  }

  /// Makes a file that nobody else could read at any moment, and waits until it is on the disk.
  private static func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandFailure("cannot write \(path); choose another --data") }
    defer { close(descriptor) }
    var text = text
    let isWritten = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count }
    guard isWritten, fsync(descriptor) == 0 else { throw CommandFailure("cannot write \(path); is the disk full?") }
  }
}
