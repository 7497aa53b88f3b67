/// `application/x-www-form-urlencoded`, as RFC 6749, appendix B, asks for it: names and values as UTF-8, everything but
/// letters, digits and `-._~` as `%XX`. A space is `%20`, which forms and URLs both understand.
enum FormEncoding {
  static func encode(_ members: [(name: String, value: [UInt8])]) -> [UInt8] {
    Array(
      members.map { encode(Array($0.name.utf8)) + [UInt8(ascii: "=")] + encode($0.value) }.joined(separator: [
        UInt8(ascii: "&")
      ]))
  }

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(bytes.count)
    for byte in bytes {
      if isUnreserved(byte) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 0xF)]
      }
    }
    return encoded
  }

  static func encode(_ text: String) -> String { String(decoding: encode(Array(text.utf8)), as: UTF8.self) }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

  /// RFC 3986, section 2.3.
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
