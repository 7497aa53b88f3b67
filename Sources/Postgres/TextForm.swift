/// How values look in text form (PostgreSQL manual, chapter 8). Nil for anything else.
enum TextForm {
  /// An optional minus and decimal digits, within 64 bits.
  static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = bytes.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let digit = Int64(byte - UInt8(ascii: "0"))
      let (shifted, shiftOverflows) = value.multipliedReportingOverflow(by: 10)
      // Built on the negative side when negative: the smallest integer has no positive twin.
      let (next, overflows) =
        isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
      guard !shiftOverflows, !overflows else { return nil }
      value = next
    }
    return value
  }

  /// A number in decimal digits, also `NaN` and `Infinity`.
  static func real(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    String(validating: bytes, as: UTF8.self).flatMap(Double.init)
  }

  /// `t` or `f`.
  static func boolean(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
    switch bytes.count == 1 ? bytes[0] : 0 {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  /// The hex format of section 8.4.1.
  static func bytes(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard bytes.count >= 2, bytes.count.isMultiple(of: 2), bytes[0] == UInt8(ascii: "\\"), bytes[1] == UInt8(ascii: "x")
    else { return nil }
    var value: [UInt8] = []
    value.reserveCapacity(bytes.count / 2 - 1)
    for index in stride(from: 2, to: bytes.count, by: 2) {
      guard let high = nibble(bytes[index]), let low = nibble(bytes[index + 1]) else { return nil }
      value.append(high << 4 | low)
    }
    return value
  }

  /// 8-4-4-4-12 digits in lower case.
  static func uuid(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt128? {
    guard bytes.count == 36 else { return nil }
    var value: UInt128 = 0
    for (place, byte) in bytes.enumerated() {
      if place == 8 || place == 13 || place == 18 || place == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
      } else {
        guard let digit = nibble(byte) else { return nil }
        value = value << 4 | UInt128(digit)
      }
    }
    return value
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
