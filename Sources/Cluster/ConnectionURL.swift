/// A libpq connection URI on loopback (PostgreSQL manual, "Connection URIs").
enum ConnectionURL {
  static func make(user: String, password: String, port: Int, database: String) -> String {
    "postgresql://\(encoded(user)):\(encoded(password))@127.0.0.1:\(port)/\(encoded(database))"
  }

  /// Every byte that is not "unreserved" (RFC 3986, section 2.3) is percent-encoded, so that no name can end its part.
  private static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
      }
    }
    return result
  }
}
