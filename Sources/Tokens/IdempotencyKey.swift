/// A client's name for a request: the same request under the same name settles once.
public struct IdempotencyKey: Hashable, Sendable {
  /// 1 to 255 printable ASCII characters without space.
  public let value: String

  /// - Parameter value: 1 to 255 bytes from `!` to `~`; anything else is refused.
  public init?(_ value: String) {
    let bytes = value.utf8
    guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    self.value = value
  }

  /// Reads the field `Idempotency-Key`: bare, or as a quoted string (RFC 9651, section 3.3.3, without escapes).
  public init?(field: String) {
    if field.utf8.first == UInt8(ascii: "\"") {
      guard field.utf8.count >= 2, field.utf8.last == UInt8(ascii: "\"") else { return nil }
      // Bytes: a quotation mark and an accent behind it are one character.
      let inner = field.utf8.dropFirst().dropLast()
      guard !inner.contains(UInt8(ascii: "\"")), !inner.contains(UInt8(ascii: "\\")) else { return nil }
      self.init(String(Substring(inner)))
    } else {
      self.init(field)
    }
  }
}
