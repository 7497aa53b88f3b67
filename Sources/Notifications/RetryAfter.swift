/// The field `Retry-After` of an answer (RFC 9110, section 10.2.3).
enum RetryAfter {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// - Parameters:
  ///   - field: seconds, or a time as IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///   - nowSeconds: since 1970, by this machine's clock.
  /// - Returns: seconds to wait, below 0 for a time that is past; nil for anything else.
  static func seconds(_ field: String, nowSeconds: Int) -> Int? {
    if let seconds = Int(field) { return seconds }
    return time(field).map { $0 - nowSeconds }
  }

  /// Seconds since 1970. The name of the day says nothing that is not in the date.
  private static func time(_ field: String) -> Int? {
    guard
      let parts = field.wholeMatch(of: /[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT/),
      let day = Int(parts.1), let month = months.firstIndex(of: String(parts.2)), let year = Int(parts.3),
      let hour = Int(parts.4), let minute = Int(parts.5), let second = Int(parts.6), (1...31).contains(day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    return days(year, month: month, day) * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// Days since 1970, in the Gregorian calendar. Years begin in March here, so that what leap years add comes last; the
  /// month 0 is January.
  private static func days(_ year: Int, month: Int, _ day: Int) -> Int {
    let (marchYear, marchMonth) = month < 2 ? (year - 1, month + 10) : (year, month - 2)
    let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
    return marchYear * 365 + leapDays + (153 * marchMonth + 2) / 5 + day - 719_469
  }
}
