/// RFC 3339 in UTC with microseconds: `2026-11-21T05:43:25.032229Z`.
enum Timestamp {
  /// The text of an instant of the years 0 to 9999, 27 characters; nil for none.
  static func text(_ microsecondsSince1970: Int64?) -> String? {
    guard let microsecondsSince1970 else { return nil }
    let (days, timeOfDay) = floorDivision(microsecondsSince1970, 86_400_000_000)
    let date = civil(daysSince1970: days)
    let (second, microsecond) = floorDivision(timeOfDay, 1_000_000)
    return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
      + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "."
      + padded(microsecond, 6) + "Z"
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

  private static func padded(_ number: Int64, _ digitCount: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, digitCount - digits.utf8.count)) + digits
  }
}
