/// Plans, token types and features as the model knows them.
enum ModelCatalogue {
  enum Period: Sendable {
    case never
    case days(Int)
    case day
    case months(Int, isAnchored: Bool)

    /// When the period ends that began at `last` at the latest and holds `at`; nil: never.
    func end(from last: Instant?, after at: Instant, anchor: Instant, _ calendar: ModelCalendar) -> Instant? {
      switch self {
      case .never: return nil
      case .days(let days):
        let length = Instant(days) * 86_400_000_000
        guard let last else { return at + length }
        return last > at ? last : last + ((at - last) / length + 1) * length
      case .day: return calendar.endOfDay(at)
      case .months(let count, isAnchored: true): return calendar.end(ofMonths: count, from: anchor, after: at)
      case .months(let count, isAnchored: false): return calendar.end(ofMonths: count, at)
      }
    }
  }

  struct Allocation: Sendable {
    var tokens: Int64
    var period = Period.days(30)
    var rolloverCap: Int64 = 0
    var overdraft: Int64 = 0
    /// Microseconds for each token that comes back; nil: no bucket.
    var refillMicroseconds: Instant?
  }

  struct Thresholds {
    /// Fewer tokens than these are critical, or deserve a warning.
    let critical: Int64
    let warning: Int64

    func state(_ available: Int64) -> String {
      if available <= 0 { return "exhausted" }
      return available < critical ? "critical" : available < warning ? "warning" : "safe"
    }
  }

  static let tokenTypes = [
    "lead_generation", "goal_generation", "strategy_analysis", "forecast", "general", "api_budget", "feature_depth",
    "bucket",
  ]

  /// Of these nothing is spent in a critical state.
  static let blocksWhenCritical = "api_budget"

  static func thresholds(_ tokenType: String, allocated: Int64) -> Thresholds {
    if tokenType == "api_budget" { return Thresholds(critical: 20, warning: 100) }
    // Less than 20 percent; 50 percent or less.
    return Thresholds(critical: (allocated + 4) / 5, warning: allocated / 2 + 1)
  }

  static let levels = ["safe", "warning", "critical", "exhausted"]

  static let plans: [String: (title: String, allocations: [String: Allocation])] = [
    "starter": (
      "Starter",
      [
        "lead_generation": Allocation(tokens: 0), "goal_generation": Allocation(tokens: 0),
        "strategy_analysis": Allocation(tokens: 0), "forecast": Allocation(tokens: 0), "general": Allocation(tokens: 0),
      ]
    ),
    "small": (
      "Small",
      [
        "lead_generation": Allocation(tokens: 50),
        "goal_generation": Allocation(tokens: 20, period: .day, overdraft: 6),
        "strategy_analysis": Allocation(tokens: 100, period: .months(1, isAnchored: false), rolloverCap: 30),
        "forecast": Allocation(tokens: 30, period: .months(1, isAnchored: true)),
        "general": Allocation(tokens: 50, period: .days(7), rolloverCap: 15, overdraft: 10),
        "api_budget": Allocation(tokens: 300, period: .months(3, isAnchored: true)),
        "bucket": Allocation(tokens: 40, period: .never, overdraft: 15, refillMicroseconds: 240_000_000),
      ]
    ),
    "large": (
      "Large",
      [
        "lead_generation": Allocation(tokens: 0),
        "goal_generation": Allocation(tokens: 60, period: .day, rolloverCap: 100),
        "strategy_analysis": Allocation(tokens: 40, period: .never),
        "forecast": Allocation(tokens: 60, period: .months(3, isAnchored: false), rolloverCap: 60),
        "general": Allocation(tokens: 120, period: .days(1), overdraft: 25),
        "bucket": Allocation(tokens: 40, period: .never, overdraft: 15, refillMicroseconds: 240_000_000),
      ]
    ),
    "weekly": (
      "Weekly",
      [
        "lead_generation": Allocation(tokens: 25, period: .days(7), rolloverCap: 25, overdraft: 5),
        "goal_generation": Allocation(tokens: 30, period: .months(3, isAnchored: false)),
        "general": Allocation(tokens: 80, period: .months(1, isAnchored: true), rolloverCap: 10),
        "api_budget": Allocation(tokens: 150, period: .days(7)),
        "bucket": Allocation(tokens: 100, period: .days(10), rolloverCap: 5, refillMicroseconds: 63_000_000),
      ]
    ),
  ]

  /// Whether any plan has tokens of this type: then a plan without them does not have what they pay for.
  static func isPlanned(_ tokenType: String) -> Bool { tokenType != "feature_depth" }

  enum Price {
    case perUnit(Int64)
    /// Tokens for each so many of a dimension.
    case rates([String: (tokens: Int64, per: Int64)])
  }

  static let prices: [String: (tokenType: String, price: Price)] = [
    "generate_leads": ("lead_generation", .perUnit(5)), "generate_goal": ("goal_generation", .perUnit(3)),
    "analyze_strategy": ("strategy_analysis", .perUnit(2)), "forecast_revenue": ("forecast", .perUnit(4)),
    "analyze_efficiency": ("general", .perUnit(2)), "generate_insight": ("general", .perUnit(1)),
    "surprise_me": ("api_budget", .perUnit(50)), "niche_discovery": ("api_budget", .perUnit(150)),
    "manual_search": ("api_budget", .perUnit(10)), "product_lookup": ("api_budget", .perUnit(1)),
    "auto_sourcing_job": ("api_budget", .perUnit(200)), "headline_pick": ("feature_depth", .perUnit(0)),
    "full_distribution": ("feature_depth", .perUnit(2)), "scenario_extremes": ("feature_depth", .perUnit(3)),
    "comparative_analysis": ("feature_depth", .perUnit(3)), "deep_dive_educational": ("feature_depth", .perUnit(5)),
    "bucket_call": ("bucket", .perUnit(4)), "bucket_look": ("bucket", .perUnit(0)),
    "completion": ("general", .rates(["input": (3, 1000), "output": (15, 1000)])),
    "embedding": ("bucket", .rates(["calls": (1, 1), "input": (20, 1_000_000)])),
  ]

  /// What a database gets besides the catalogue it was made with.
  static var script: String {
    var statements = [
      "INSERT INTO tollgate.token_types (token_type, title) VALUES ('bucket', 'Bucket')",
      """
      INSERT INTO tollgate.features (feature, token_type, cost, rates)
      VALUES ('bucket_call', 'bucket', 4, NULL), ('bucket_look', 'bucket', 0, NULL),
        ('completion', 'general', 0, '{"input": {"tokens": 3, "per": 1000}, "output": {"tokens": 15, "per": 1000}}'),
        ('embedding', 'bucket', 0, '{"calls": {"tokens": 1, "per": 1}, "input": {"tokens": 20, "per": 1000000}}')
      """,
    ]
    for (plan, (title, allocations)) in plans where plan != "starter" {
      statements.append("INSERT INTO tollgate.plans (plan, title) VALUES ('\(plan)', '\(title)')")
      statements += allocations.map { "\(insertion(plan, $0, $1))" }
    }
    return statements.joined(separator: ";\n")
  }

  private static func insertion(_ plan: String, _ tokenType: String, _ allocation: Allocation) -> String {
    let (period, days, isAnchored) =
      switch allocation.period {
      case .never: ("never", 30, false)
      case .days(let days): ("days", days, false)
      case .day: ("day", 30, false)
      case .months(let count, let isAnchored): (count == 1 ? "month" : "quarter", 30, isAnchored)
      }
    let refill = allocation.refillMicroseconds.map { "5, \($0 * 5 / 1_000_000)" } ?? "NULL, NULL"
    return """
      INSERT INTO tollgate.plan_allocations
        (plan, token_type, tokens, period, period_days, anchored, rollover_cap, overdraft, refill_tokens, refill_seconds)
      VALUES ('\(plan)', '\(tokenType)', \(allocation.tokens), '\(period)', \(days), \(isAnchored),
        \(allocation.rolloverCap), \(allocation.overdraft), \(refill))
      """
  }
}
