import JSON

/// RFC 3339 in UTC with microseconds: `2026-11-21T05:43:25.032229Z`.
public enum Timestamp {
  static let byteCount = 27

  /// The text of an instant in microseconds since 1970; `never` for nil.
  public static func text(_ microsecondsSince1970: Int64?) -> String {
    guard let microsecondsSince1970 else { return "never" }
    return String(unsafeUninitializedCapacity: byteCount) { buffer in
      write(microsecondsSince1970, to: buffer)
      return byteCount
    }
  }

  /// Writes the text of an instant of the years 0 to 9999 into the first 27 bytes of a buffer.
  static func write(_ microsecondsSince1970: Int64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
    let (days, timeOfDay) = floorDivision(microsecondsSince1970, 86_400_000_000)
    let date = civil(daysSince1970: days)
    let (second, microsecond) = floorDivision(timeOfDay, 1_000_000)
    var text = DigitWriter(buffer)
    text.put(date.year, digitCount: 4, then: "-")
    text.put(date.month, digitCount: 2, then: "-")
    text.put(date.day, digitCount: 2, then: "T")
    text.put(second / 3600, digitCount: 2, then: ":")
    text.put(second / 60 % 60, digitCount: 2, then: ":")
    text.put(second % 60, digitCount: 2, then: ".")
    text.put(microsecond, digitCount: 6, then: "Z")
  }

  /// The proleptic Gregorian date, by counting in eras of 400 years that begin in March, so that the leap day is last.
  private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let daysFromMarchOfYear0: Int64 = 719_468
    let (era, dayOfEra) = floorDivision(daysSince1970 + daysFromMarchOfYear0, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func floorDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// Numbers of a fixed number of digits, one behind the other.
private struct DigitWriter {
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private var position = 0

  init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
    self.buffer = buffer
  }

  /// Writes the last digits of a number that is not negative, and a character behind them.
  mutating func put(_ number: Int64, digitCount: Int, then separator: Unicode.Scalar) {
    var rest = number.magnitude
    for index in stride(from: position + digitCount - 1, through: position, by: -1) {
      buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    buffer[position + digitCount] = UInt8(truncatingIfNeeded: separator.value)
    position += digitCount + 1
  }
}

extension JSONWriter {
  /// Writes a member that is an instant in microseconds since 1970, or `null`.
  mutating func member(_ name: StaticString, timestamp microsecondsSince1970: Int64?) {
    self.name(name)
    guard let microsecondsSince1970 else { return null() }
    string(plainByteCount: Timestamp.byteCount) { Timestamp.write(microsecondsSince1970, to: $0) }
  }
}
