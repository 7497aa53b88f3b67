/// Reads the objects that nearly every request carries without the detour over jansson's values.
///
/// Plain is an object of a few members whose names and strings are ASCII without escapes, and whose other values are
/// short integers, `true`, `false` or `null`. Of anything else, right or wrong, this reader says nothing: jansson reads
/// it, or says what is wrong with it. So it decides about no text that RFC 8259 leaves in doubt.
struct PlainObject {
  /// Names are compared with all earlier ones.
  private static let memberLimit = 16
  /// Fewer digits than the largest integer has.
  private static let digitLimit = 18

  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0
  private var members: [JSONObject.Member] = []

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// The value of a text that is one plain object and nothing more; nil for every other text.
  static func read(_ text: [UInt8]) -> JSONObject? {
    text.withUnsafeBufferPointer { bytes in
      var reader = PlainObject(bytes)
      guard reader.readObject(), reader.skipSpace() == nil else { return nil }
      return JSONObject(uniqueMembers: reader.members)
    }
  }

  private mutating func readObject() -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    if take(UInt8(ascii: "}")) { return true }
    members.reserveCapacity(4)
    while members.count < Self.memberLimit {
      guard take(UInt8(ascii: "\"")), let name = readString(), take(UInt8(ascii: ":")), let value = readValue(),
        !members.contains(where: { $0.name.hasSameBytes(as: name) })
      else { return false }
      members.append(JSONObject.Member(name: name, value: value))
      if take(UInt8(ascii: "}")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
    return false
  }

  private mutating func readValue() -> JSONValue? {
    guard let first = skipSpace() else { return nil }
    switch first {
    case UInt8(ascii: "\""):
      offset += 1
      return readString().map(JSONValue.string)
    case UInt8(ascii: "t"): return take("true") ? .boolean(true) : nil
    case UInt8(ascii: "f"): return take("false") ? .boolean(false) : nil
    case UInt8(ascii: "n"): return take("null") ? .null : nil
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return readInteger().map(JSONValue.integer)
    default: return nil
    }
  }

  /// What follows a quotation mark, up to the next one.
  private mutating func readString() -> String? {
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        defer { offset += 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
      }
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { return nil }
      offset += 1
    }
    return nil
  }

  /// An integer. A fraction or an exponent behind it is no part of it, and ends the plain object.
  private mutating func readInteger() -> Int64? {
    let isNegative = bytes[offset] == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let start = offset
    var magnitude: Int64 = 0
    while offset < bytes.count, offset - start < Self.digitLimit, let digit = Self.value(of: bytes[offset]) {
      magnitude = magnitude * 10 + digit
      offset += 1
    }
    let digitCount = offset - start
    guard digitCount > 0, digitCount == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
    return isNegative ? -magnitude : magnitude
  }

  private static func value(of digit: UInt8) -> Int64? {
    digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9") ? Int64(digit - UInt8(ascii: "0")) : nil
  }

  /// Goes past this byte and the space before it, if it comes next.
  private mutating func take(_ byte: UInt8) -> Bool {
    guard skipSpace() == byte else { return false }
    offset += 1
    return true
  }

  private mutating func take(_ literal: StaticString) -> Bool {
    for index in 0..<literal.utf8CodeUnitCount {
      guard offset < bytes.count, bytes[offset] == literal.utf8Start[index] else { return false }
      offset += 1
    }
    return true
  }

  /// Goes past white space. The byte behind it, which is nil at the end.
  private mutating func skipSpace() -> UInt8? {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      case let byte: return byte
      }
    }
    return nil
  }
}
