import Tokens

/// A limit of `tollgate.limits`.
struct ModelLimit {
  enum Counts: String { case tokens, uses, refusals }
  enum Window {
    case request
    case spacing(Int)
    case seconds(Int)
    case day
    case month
  }

  let name: String
  var plan: String?
  var tokenType: String?
  var feature: String?
  var isPerUser = false
  var counts = Counts.uses
  let window: Window
  var maximum: Int64
  var alerts = false

  static let all = [
    ModelLimit(name: "daily_calls", window: .day, maximum: 25),
    ModelLimit(name: "failed_tries", isPerUser: true, counts: .refusals, window: .seconds(3600), maximum: 4),
    ModelLimit(
      name: "general_a_month", plan: "small", tokenType: "general", isPerUser: true, counts: .tokens,
      window: .month, maximum: 40),
    ModelLimit(name: "goals_apart", feature: "generate_goal", isPerUser: true, window: .spacing(3), maximum: 1),
    ModelLimit(
      name: "hourly_tokens", isPerUser: true, counts: .tokens, window: .seconds(3600), maximum: 40, alerts: true),
    ModelLimit(name: "insights_a_minute", feature: "generate_insight", window: .seconds(60), maximum: 2),
    ModelLimit(name: "large_requests", tokenType: "strategy_analysis", counts: .tokens, window: .request, maximum: 7),
    ModelLimit(name: "monthly_alert", counts: .tokens, window: .month, maximum: 400, alerts: true),
  ]

  var insertion: String {
    func text(_ value: String?) -> String { value.map { "'\($0)'" } ?? "NULL" }
    let (kind, seconds) =
      switch window {
      case .request: ("request", "NULL")
      case .spacing(let seconds): ("spacing", "\(seconds)")
      case .seconds(let seconds): ("seconds", "\(seconds)")
      case .day: ("day", "NULL")
      case .month: ("month", "NULL")
      }
    return """
      INSERT INTO tollgate.limits
        (limit_name, is_enabled, plan, token_type, feature, per, counts, window_kind, window_seconds, maximum, action)
      VALUES ('\(name)', true, \(text(plan)), \(text(tokenType)), \(text(feature)),
        '\(isPerUser ? "user" : "organization")', '\(counts.rawValue)', '\(kind)', \(seconds), \(maximum),
        '\(alerts ? "alert" : "refuse")')
      """
  }
}

/// What an organization's limits have counted.
struct ModelLimitBook {
  struct Subject: Hashable {
    let limit: String
    /// nil: the organization.
    let userID: UserID?
  }

  struct Counter: Equatable {
    var start: Instant
    var used: Int64
    var isAlerted = false
  }

  /// What is charged, and of whom.
  struct Charge {
    let plan: String
    let userID: UserID?
    let feature: String?
    let tokenType: String
  }

  let organizationID: OrganizationID
  let calendar: ModelCalendar
  /// Those that apply to the organization, with its own maxima.
  var limits: [ModelLimit] = []
  private(set) var counters: [Subject: Counter] = [:]
  private(set) var events: [String] = []

  init(organizationID: OrganizationID, calendar: ModelCalendar) {
    self.organizationID = organizationID
    self.calendar = calendar
  }

  private func applicable(_ charge: Charge) -> [(limit: ModelLimit, subject: Subject)] {
    limits.filter { limit in
      (limit.plan ?? charge.plan) == charge.plan && (limit.tokenType ?? charge.tokenType) == charge.tokenType
        && (limit.feature == nil || limit.feature == charge.feature) && (!limit.isPerUser || charge.userID != nil)
    }.map { ($0, Subject(limit: $0.name, userID: $0.isPerUser ? charge.userID : nil)) }
  }

  /// The window that counts now: when it began and ends, and what it has counted.
  private func window(_ limit: ModelLimit, _ counter: Counter?, _ now: Instant) -> (Instant, Instant?, Counter?) {
    let length: Instant
    switch limit.window {
    case .request: return (now, nil, nil)
    case .spacing(let seconds), .seconds(let seconds): length = Instant(seconds) * 1_000_000
    case .day:
      let start = calendar.startOfDay(now)
      return (start, calendar.endOfDay(now), counter.flatMap { $0.start == start ? $0 : nil })
    case .month:
      let start = calendar.start(ofMonths: 1, now)
      return (start, calendar.end(ofMonths: 1, now), counter.flatMap { $0.start == start ? $0 : nil })
    }
    guard let counter, counter.start + length > now else { return (now, now + length, nil) }
    return (counter.start, counter.start + length, counter)
  }

  func isOpen(_ limit: ModelLimit, _ counter: Counter, _ now: Instant) -> Bool {
    window(limit, counter, now).2 != nil
  }

  /// The limit that refuses a charge, and how long to wait; nil seconds: waiting does not help.
  func binding(_ charge: Charge, cost: Int64, _ now: Instant) -> (name: String, seconds: Int64?)? {
    let exceeded = applicable(charge).compactMap { limit, subject -> (name: String, seconds: Int64?)? in
      guard !limit.alerts else { return nil }
      let (_, end, counter) = window(limit, counters[subject], now)
      let used = counter?.used ?? 0
      let seconds = end.map { max(1, ($0 - now + 999_999) / 1_000_000) }
      switch limit.counts {
      case .tokens where cost > 0 && used + cost > limit.maximum:
        return (limit.name, cost > limit.maximum ? nil : seconds)
      case .uses where used + 1 > limit.maximum: return (limit.name, limit.maximum == 0 ? nil : seconds)
      case .refusals where used >= limit.maximum: return (limit.name, limit.maximum == 0 ? nil : seconds)
      default: return nil
      }
    }
    return exceeded.min { one, other in
      (one.seconds.map { -$0 } ?? .min, one.name) < (other.seconds.map { -$0 } ?? .min, other.name)
    }
  }

  /// Counts in every limit that applies.
  mutating func count(_ charge: Charge, tokens: Int64 = 0, uses: Int64 = 0, refusals: Int64 = 0, _ now: Instant) {
    for (limit, subject) in applicable(charge) {
      let amount =
        switch limit.counts {
        case .tokens: tokens
        case .uses: uses
        case .refusals: refusals
        }
      guard amount > 0 else { continue }
      let (start, _, open) = window(limit, counters[subject], now)
      var counter = open ?? Counter(start: start, used: 0)
      counter.used += amount
      if limit.alerts, !counter.isAlerted, counter.used > limit.maximum {
        counter.isAlerted = true
        let subject = subject.userID?.description ?? organizationID.description
        events.append("limit|\(limit.name)|\(subject)|\(counter.used)|\(limit.maximum)")
      }
      if case .request = limit.window { continue }
      counters[subject] = counter
    }
  }

  /// Undoes what was counted at a time, in windows that are still the same.
  mutating func giveBack(_ charge: Charge, tokens: Int64, uses: Int64, countedAt: Instant, _ now: Instant) {
    for (limit, subject) in applicable(charge) where limit.counts != .refusals {
      if case .spacing = limit.window { continue }
      guard var counter = window(limit, counters[subject], now).2, countedAt >= counter.start else { continue }
      counter.used = max(0, counter.used - (limit.counts == .tokens ? tokens : uses))
      counters[subject] = counter
    }
  }
}
