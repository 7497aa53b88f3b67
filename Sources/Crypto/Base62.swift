/// Digits and letters, as identifiers are written that people select with a double click: 0–9, A–Z, a–z for 0 to 61.
public enum Base62 {
  /// How many digits hold every number of 128 bits: 62^22 is more than 2^128.
  public static let wideDigitCount = 22

  private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The last `digitCount` digits of a number, with zeros in front.
  public static func encode(_ number: UInt128, digitCount: Int) -> [UInt8] {
    var text = [UInt8](repeating: digits[0], count: digitCount)
    var rest = number
    for index in text.indices.reversed() {
      text[index] = digits[Int(rest % 62)]
      rest /= 62
    }
    return text
  }

  /// The number that some digits stand for; nil for anything but digits, and for more than 128 bits.
  public static func decode(_ text: ArraySlice<UInt8>) -> UInt128? {
    var number: UInt128 = 0
    for character in text {
      guard let value = value(of: character) else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: 62)
      let (sum, carry) = product.addingReportingOverflow(UInt128(value))
      guard !overflow, !carry else { return nil }
      number = sum
    }
    return number
  }

  /// Whether every character is a digit.
  public static func isText(_ text: ArraySlice<UInt8>) -> Bool { text.allSatisfy { value(of: $0) != nil } }

  /// Digits that nobody can predict, each of them as likely as any other: log2(62) = 5.95 bits a digit.
  ///
  /// - Parameter digitCount: From 0 to 1,000.
  /// - Returns: `digitCount` digits.
  /// - Throws: `CryptoError.invalidLength` for another count, `libraryFailure` when there is no entropy.
  public static func random(digitCount: Int) throws(CryptoError) -> [UInt8] {
    guard (0...1_000).contains(digitCount) else { throw .invalidLength }
    var text: [UInt8] = []
    while text.count < digitCount {
      // Of 64 numbers two are no digit. To take the remainder instead would make some digits likelier.
      let numbers = try randomBytes(digitCount - text.count).map { Int($0 & 0x3F) }
      text += numbers.filter { $0 < 62 }.map { digits[$0] }
    }
    return text
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 36
    default: nil
    }
  }
}
