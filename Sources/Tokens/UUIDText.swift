/// The text of a UUID (RFC 9562, section 4): 8-4-4-4-12 hexadecimal digits.
///
/// Outside of `Identifier`, which is generic and would be compiled for every subject anew.
enum UUIDText {
  static let byteCount = 36

  /// The 128 bits; nil for anything but 36 characters of digits of either case and hyphens in their places.
  static func read(_ text: String) -> (high: UInt64, low: UInt64)? {
    guard text.utf8.count == byteCount else { return nil }
    var text = text
    return text.withUTF8(read)
  }

  private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (high: UInt64, low: UInt64)? {
    var halves: (high: UInt64, low: UInt64) = (0, 0)
    var digitCount = 0
    for position in 0..<byteCount {
      let byte = bytes[position]
      if isHyphen(position) {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = value(of: byte) else { return nil }
      if digitCount < 16 { halves.high = halves.high << 4 | digit } else { halves.low = halves.low << 4 | digit }
      digitCount += 1
    }
    return halves
  }

  /// Writes 36 characters, in lower case.
  static func write(high: UInt64, low: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
    precondition(buffer.count >= byteCount)
    var rest = high
    var digitCount = 0
    for position in 0..<byteCount {
      if isHyphen(position) {
        buffer[position] = UInt8(ascii: "-")
        continue
      }
      if digitCount == 16 { rest = low }
      let digit = UInt8(truncatingIfNeeded: rest >> 60)
      buffer[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      rest <<= 4
      digitCount += 1
    }
  }

  private static func isHyphen(_ position: Int) -> Bool {
    position == 8 || position == 13 || position == 18 || position == 23
  }

  private static func value(of digit: UInt8) -> UInt64? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
