import Foundation
import Testing

/// A kind of period, and when such periods end: by Foundation's calendar, which shares nothing with PostgreSQL's.
struct PeriodKind: Sendable, CustomStringConvertible {
  var period: String
  var days = 30
  var isAnchored = false
  var zone = "UTC"
  var allocation: Int64 = 20
  var rolloverCap: Int64 = 0

  static let all = [
    PeriodKind(period: "days"), PeriodKind(period: "days"), PeriodKind(period: "days", days: 7, rolloverCap: 10),
    PeriodKind(period: "day", zone: "Europe/Berlin"), PeriodKind(period: "day", zone: "America/Havana"),
    PeriodKind(period: "month", zone: "America/New_York"), PeriodKind(period: "month", rolloverCap: 1000),
    PeriodKind(period: "month", isAnchored: true, zone: "Europe/Berlin"),
    PeriodKind(period: "quarter", zone: "Asia/Kolkata", allocation: 60),
    PeriodKind(period: "quarter", isAnchored: true, zone: "Europe/Berlin", allocation: 60),
    PeriodKind(period: "never", allocation: 500),
  ]

  var description: String { "\(period) \(days) \(isAnchored ? "anchored " : "")\(zone)" }

  /// All ends after a moment, and no later than so many days after it.
  func ends(from start: Date, days length: Int) throws -> [Date] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: zone))
    let last = start + Double(length) * 86_400
    var ends: [Date] = []
    var number = 0
    while let end = try self.end(number, start, calendar), end <= last {
      if end > start { ends.append(end) }
      number += 1
    }
    return ends
  }

  private func end(_ number: Int, _ start: Date, _ calendar: Calendar) throws -> Date? {
    let months = period == "month" ? number : number * 3
    switch period {
    case "days": return start + Double(number * days) * 86_400
    case "day":
      let noon = try #require(calendar.date(bySettingHour: 12, minute: 0, second: 0, of: start))
      return calendar.startOfDay(for: try #require(calendar.date(byAdding: .day, value: number, to: noon)))
    case "month", "quarter":
      if isAnchored { return calendar.date(byAdding: .month, value: months, to: start) }
      let year = calendar.component(.year, from: start)
      return calendar.date(from: DateComponents(year: year, month: 1 + months))
    default: return nil
    }
  }
}

/// What a balance must be like: a model of periods with a list of all their ends.
struct YearAccount: Sendable {
  let tenant: Tenant
  let kind: PeriodKind
  let ends: [Date]
  private(set) var balance: Int64
  private var endedCount = 0

  init(tenant: Tenant, kind: PeriodKind, ends: [Date]) {
    self.tenant = tenant
    self.kind = kind
    self.ends = ends
    balance = kind.allocation
  }

  /// Spends where that is possible, and says how it comes out.
  mutating func spend(_ cost: Int64, at clock: Date) -> String {
    while endedCount < ends.count, ends[endedCount] <= clock {
      balance = kind.allocation + min(balance, kind.rolloverCap)
      endedCount += 1
    }
    guard cost <= balance else { return "insufficient_tokens \(balance)" }
    balance -= cost
    return "success \(balance)"
  }
}
