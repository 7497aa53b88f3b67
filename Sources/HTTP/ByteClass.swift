/// Which bytes the grammar of RFC 9110 and RFC 9112 allows where.
enum ByteClass {
  /// One byte of a token (RFC 9110, 5.6.2): header names and methods.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#"),
      UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"),
      UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// The bytes of a field value (RFC 9110, 5.5): no control character but the tab. All are looked at whatever comes
  /// first, which lets the compiler look at many at once.
  static func areFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var controlCount: UInt = 0
    for byte in bytes { controlCount &+= (byte < 0x20 && byte != 0x09) || byte == 0x7F ? 1 : 0 }
    return controlCount == 0
  }

  /// One byte of a request target: visible ASCII. A raw byte above it belongs percent-encoded, and a fragment
  /// is never sent (RFC 3986, 2 and 3.5).
  @inline(__always)
  static func isTarget(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
  }

  /// One byte of a request id that is worth taking over into logs.
  @inline(__always)
  static func isRequestId(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// An ASCII letter in lower case, any other byte as it is.
  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  /// Whether the bytes are the ASCII text, letters compared without case. `text` must be in lower case.
  @inline(__always)
  static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    let expected = text.utf8Start
    for index in 0..<bytes.count where lowercased(bytes[index]) != expected[index] { return false }
    return true
  }
}
