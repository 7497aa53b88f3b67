/// One of the two alphabets of RFC 4648, both ways.
struct Base64Alphabet: Sendable {
  /// Section 4.
  static let standard = Base64Alphabet(last: "+/")
  /// Section 5.
  static let url = Base64Alphabet(last: "-_")

  private static let invalid: UInt8 = 0xFF

  private let characters: [UInt8]
  private let values: [UInt8]

  private init(last: String) {
    let characters = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    var values = [UInt8](repeating: Self.invalid, count: 256)
    for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
    self.characters = characters
    self.values = values
  }

  /// The text of some bytes, without padding.
  func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(characters[Int(bits >> bitCount & 0x3F)])
      }
    }
    if bitCount > 0 { text.append(characters[Int(bits << (6 - bitCount) & 0x3F)]) }
    return text
  }

  /// The bytes of a text without padding; `nil` for a character of no meaning, a length that no bytes have, and trailing
  /// bits that are not zero, so that no two texts stand for the same bytes (RFC 4648, section 3.5).
  func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 2)
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for character in text {
      let value = values[Int(character)]
      guard value != Self.invalid else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      }
    }
    guard bits & (1 << bitCount - 1) == 0 else { return nil }
    return bytes
  }
}
