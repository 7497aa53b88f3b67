import Foundation

/// Microseconds since 1970.
typealias Instant = Int64

/// The calendar of a time zone, by Foundation, which shares nothing with PostgreSQL's.
struct ModelCalendar: Sendable {
  private let calendar: Calendar

  init(zone: String) {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
    self.calendar = calendar
  }

  static let utc = ModelCalendar(zone: "UTC")

  private func date(_ instant: Instant) -> Date { Date(timeIntervalSince1970: Double(instant) / 1_000_000) }

  private func instant(_ date: Date?) -> Instant {
    Instant(((date ?? .distantFuture).timeIntervalSince1970 * 1_000_000).rounded())
  }

  /// When the day began that holds an instant.
  func startOfDay(_ at: Instant) -> Instant { instant(calendar.startOfDay(for: date(at))) }

  /// When the day ends that holds an instant.
  func endOfDay(_ at: Instant) -> Instant {
    let parts = calendar.dateComponents([.year, .month, .day], from: date(at))
    return first(parts.year, parts.month, (parts.day ?? 1) + 1)
  }

  /// When the month or quarter began that holds an instant.
  func start(ofMonths count: Int, _ at: Instant) -> Instant {
    let (year, month) = months(count, at)
    return first(year, month, 1)
  }

  /// When the month or quarter ends that holds an instant.
  func end(ofMonths count: Int, _ at: Instant) -> Instant {
    let (year, month) = months(count, at)
    return first(year, month + count, 1)
  }

  /// The first instant after `at` that is a whole number of months, quarters or years after the anchor.
  func end(ofMonths count: Int, from anchor: Instant, after at: Instant) -> Instant {
    var number = 0
    var end = anchor
    while end <= at {
      number += count
      end = adding(months: number, to: anchor)
    }
    return end
  }

  /// The same time of day so many months later, on the last day of a month that is too short.
  func adding(months: Int, to at: Instant) -> Instant {
    instant(calendar.date(byAdding: .month, value: months, to: date(at)))
  }

  private func months(_ count: Int, _ at: Instant) -> (year: Int, month: Int) {
    let parts = calendar.dateComponents([.year, .month], from: date(at))
    let month = parts.month ?? 1
    return (parts.year ?? 0, month - (month - 1) % count)
  }

  private func first(_ year: Int?, _ month: Int?, _ day: Int?) -> Instant {
    instant(calendar.date(from: DateComponents(year: year, month: month, day: day)))
  }
}
