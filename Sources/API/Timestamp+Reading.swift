extension Timestamp {
  /// Reads RFC 3339, section 5.6: `2026-11-21T05:43:25Z`, with any offset from UTC, in the years 1 to 9999.
  ///
  /// - Returns: microseconds since 1970; what is finer than those is cut off. Nil for any other text, for a day or hour
  ///   that does not exist, for a leap second, and where the offset leads out of these years.
  public static func read(_ text: String) -> Int64? {
    var digits = DigitReader(text.utf8[...])
    guard let year = digits.take(4), digits.take("-"), let month = digits.take(2), digits.take("-"),
      let day = digits.take(2), digits.take("T", or: "t"), let hour = digits.take(2), digits.take(":"),
      let minute = digits.take(2), digits.take(":"), let second = digits.take(2),
      let microsecond = digits.takeFraction(), let offsetMinutes = digits.takeOffset(), digits.isAtEnd,
      year >= 1, (1...12).contains(month), (1...dayCount(year: year, month: month)).contains(day), hour < 24,
      minute < 60, second < 60
    else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second
    guard seconds >= daysSince1970(year: 1, month: 1, day: 1) * 86_400,
      seconds < daysSince1970(year: 10_000, month: 1, day: 1) * 86_400
    else { return nil }
    return seconds * 1_000_000 + microsecond
  }

  private static func dayCount(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The day's number, counting years from March so that the leap day is their last.
  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let yearFromMarch = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    let daysBeforeMarch = yearFromMarch * 365 + yearFromMarch / 4 - yearFromMarch / 100 + yearFromMarch / 400
    return daysBeforeMarch + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468
  }
}

/// What is left of a text.
private struct DigitReader {
  private var rest: Substring.UTF8View.SubSequence

  init(_ text: Substring.UTF8View.SubSequence) { rest = text }

  var isAtEnd: Bool { rest.isEmpty }

  /// A number of exactly so many digits.
  mutating func take(_ digitCount: Int) -> Int64? {
    guard rest.count >= digitCount else { return nil }
    var value: Int64 = 0
    for _ in 0..<digitCount {
      guard let digit = takeDigit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  mutating func take(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
    guard let first = rest.first.map(Unicode.Scalar.init), first == character || first == other else { return false }
    rest.removeFirst()
    return true
  }

  /// A point and digits, of which six count; 0 without a point.
  mutating func takeFraction() -> Int64? {
    guard take(".") else { return 0 }
    var microseconds: Int64 = 0
    var unit: Int64 = 100_000
    guard let first = takeDigit() else { return nil }
    microseconds += first * unit
    while let digit = takeDigit() {
      unit /= 10
      microseconds += digit * unit
    }
    return microseconds
  }

  /// `Z`, or hours and minutes with a sign, in minutes.
  mutating func takeOffset() -> Int64? {
    if take("Z", or: "z") { return 0 }
    let isBehind = take("-")
    guard isBehind || take("+"), let hours = take(2), take(":"), let minutes = take(2), hours < 24, minutes < 60
    else { return nil }
    return isBehind ? -(hours * 60 + minutes) : hours * 60 + minutes
  }

  private mutating func takeDigit() -> Int64? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))
  }
}
