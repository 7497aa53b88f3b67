/// Writes JSON without white space into one buffer; the members come out in the order written.
///
/// Commas and colons are set by the writer. That begins and ends match, and that every member has a name and a value, is
/// up to the caller; debug builds stop when they do not match.
public struct JSONWriter: Sendable {
  private var bytes: [UInt8] = []
  private var depth = 0

  /// A writer of one value.
  ///
  /// - Parameter byteCount: The size expected, in bytes; more is allowed and costs a copy.
  public init(reserving byteCount: Int = 256) {
    bytes.reserveCapacity(max(byteCount, 0))
  }

  /// Opens an object; until `endObject`, write names and values in turn.
  public mutating func beginObject() {
    separate()
    depth += 1
    bytes.append(UInt8(ascii: "{"))
  }

  /// Closes the object opened last.
  public mutating func endObject() {
    depth -= 1
    bytes.append(UInt8(ascii: "}"))
  }

  /// Opens an array; until `endArray`, write its values.
  public mutating func beginArray() {
    separate()
    depth += 1
    bytes.append(UInt8(ascii: "["))
  }

  /// Closes the array opened last.
  public mutating func endArray() {
    depth -= 1
    bytes.append(UInt8(ascii: "]"))
  }

  /// Writes the name of a member, whose value is to be written next.
  public mutating func name(_ name: String) {
    separate()
    appendQuoted(name)
    bytes.append(UInt8(ascii: ":"))
  }

  /// Writes the name of a member, whose value is to be written next. A name that is written in the source needs no
  /// escape: it has no quotation mark, reverse solidus or control character in it.
  public mutating func name(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  /// Writes a string.
  public mutating func string(_ value: String) {
    separate()
    appendQuoted(value)
  }

  /// Writes a string whose UTF-8 the caller puts in place, for texts that are not worth a `String`.
  ///
  /// - Parameters:
  ///   - plainByteCount: How many bytes there are.
  ///   - fill: Writes them all. None may need an escape: no quotation mark, reverse solidus or control character.
  public mutating func string(plainByteCount: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: plainByteCount) { buffer in
      fill(buffer)
      bytes.append(contentsOf: UnsafeBufferPointer(buffer))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes an integer. Beyond 2^53 many readers round it (RFC 8259, section 6).
  public mutating func integer(_ value: Int64) {
    separate()
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(value.magnitude)
  }

  /// Writes a real in the shortest form that reads back as the same; `null` when JSON cannot say it.
  public mutating func real(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(contentsOf: value.description.utf8)
  }

  /// Writes `true` or `false`.
  public mutating func boolean(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Writes `null`.
  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  /// Writes bytes that are one complete JSON value, as they are.
  public mutating func raw(_ value: [UInt8]) {
    separate()
    bytes.append(contentsOf: value)
  }

  /// Writes any value.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .boolean(let value): boolean(value)
    case .integer(let value): integer(value)
    case .real(let value): real(value)
    case .string(let value): string(value)
    case .array(let values):
      beginArray()
      for value in values { self.value(value) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object.members {
        name(member.name)
        self.value(member.value)
      }
      endObject()
    }
  }

  /// What was written, in UTF-8.
  public consuming func finish() -> [UInt8] {
    assert(depth == 0, "every object and array begun must be ended")
    return bytes
  }

  /// Writes the comma before everything that is not the first of its object or array and has no name before it.
  ///
  /// The last byte alone tells: a complete value ends with none of the three, and a string ends with its quote.
  private mutating func separate() {
    switch bytes.last {
    case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
    default: bytes.append(UInt8(ascii: ","))
    }
  }

  private mutating func appendDigits(_ magnitude: UInt64) {
    // The largest has 20 digits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = digits.count
      var rest = magnitude
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { characters in
      if characters.contains(where: Self.needsEscape) {
        for byte in characters { appendEscaped(byte) }
      } else {
        bytes.append(contentsOf: characters)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// RFC 8259, section 7: quotation mark, reverse solidus and control characters must be escaped.
  private mutating func appendEscaped(_ byte: UInt8) {
    guard Self.needsEscape(byte) else { return bytes.append(byte) }
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      let digits = StaticString("0123456789abcdef")
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 0x0F)])
    }
  }
}
