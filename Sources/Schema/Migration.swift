/// A file `sql/migrations/NNNN_name.sql`: a step that is taken once, in one transaction, and never changed again.
public struct Migration: Sendable, Equatable {
  /// Its number; the first is 1, and there are no gaps.
  public let version: Int
  /// What follows the number in the file's name, without `.sql`.
  public let name: String
  public let path: String
  public let text: String
  /// SHA-256 of the text, in hexadecimal.
  public let checksum: String

  /// Nil where `path` does not end in `/NNNN_name.sql`.
  init?(path: String, text: String) {
    let fileName = path.split(separator: "/").last ?? ""
    guard fileName.hasSuffix(".sql"), let underscore = fileName.firstIndex(of: "_") else { return nil }
    let digits = fileName[..<underscore]
    let name = fileName[fileName.index(after: underscore)...].dropLast(4)
    // Digits first: Int also reads a sign.
    guard digits.utf8.count == 4, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let version = Int(digits), version > 0, !name.isEmpty
    else { return nil }
    self.version = version
    self.name = String(name)
    self.path = path
    self.text = text
    checksum = Schema.checksum(of: text)
  }
}
