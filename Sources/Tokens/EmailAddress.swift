/// An address that mail can be sent to: what HTML's `<input type=email>` takes, which has no blanks, quotes, angle
/// brackets or control characters in it, and so nothing that could end a header field or an SMTP command.
public struct EmailAddress: Hashable, Sendable {
  public let text: String

  /// At most 254 bytes, with 1 to 64 before the `@` (RFC 5321, section 4.5.3.1); nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 254, let at = bytes.firstIndex(of: UInt8(ascii: "@")), (1...64).contains(at),
      bytes[..<at].allSatisfy(Self.isLocal)
    else { return nil }
    let labels = bytes[(at + 1)...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.allSatisfy({ (1...63).contains($0.count) && $0.allSatisfy(Self.isHost) }) else { return nil }
    self.text = text
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static let punctuation = Set(".!#$%&'*+/=?^_`{|}~".utf8)

  private static func isLocal(_ byte: UInt8) -> Bool { isHost(byte) || punctuation.contains(byte) }
}
