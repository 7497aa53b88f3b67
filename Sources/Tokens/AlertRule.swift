/// What balances are held against: one event is written when the condition begins to hold, and one when it ends.
public struct AlertRule: Sendable, Equatable {
  /// What is looked at, and the unit of the threshold.
  public enum Condition: String, CaseIterable, Sendable {
    /// Tokens.
    case availableBelow = "available_below"
    /// Percent of the period's allocation.
    case percentLeftBelow = "percent_left_below"
    /// Hours, at the rate of the last 24.
    case runsOutWithinHours = "runs_out_within_hours"
    /// Tokens in the last hour.
    case tokensPerHourAbove = "tokens_per_hour_above"

    /// Which thresholds there are.
    public var thresholdRange: ClosedRange<Int64> {
      switch self {
      case .availableBelow: 1...1_000_000_000_000_000
      case .percentLeftBelow: 1...100
      case .runsOutWithinHours: 1...8_760
      case .tokensPerHourAbove: 0...1_000_000_000_000_000
      }
    }
  }

  /// Addresses that a rule may name.
  public static let addressLimit = 10

  /// Nil: the rule is about everybody's balances.
  public var organizationID: OrganizationID?
  /// Nil: each token type for itself.
  public var tokenType: String?
  public var condition: Condition
  public var threshold: Int64
  public var email: [EmailAddress]
  public var isActive: Bool

  public init(
    organizationID: OrganizationID?, tokenType: String?, condition: Condition, threshold: Int64,
    email: [EmailAddress] = [], isActive: Bool = true
  ) {
    self.organizationID = organizationID
    self.tokenType = tokenType
    self.condition = condition
    self.threshold = threshold
    self.email = email
    self.isActive = isActive
  }
}

public typealias AlertID = Identifier<AlertRule>

/// A rule as it is kept. Times are microseconds since 1970.
public struct AlertDetails: Sendable {
  public var id: AlertID
  public var rule: AlertRule
  public var createdAtMicroseconds: Int64
  public var updatedAtMicroseconds: Int64

  public init(id: AlertID, rule: AlertRule, createdAtMicroseconds: Int64, updatedAtMicroseconds: Int64) {
    self.id = id
    self.rule = rule
    self.createdAtMicroseconds = createdAtMicroseconds
    self.updatedAtMicroseconds = updatedAtMicroseconds
  }
}

/// A rule that was made, now or when the request was sent before.
public struct MadeAlert: Sendable {
  public var details: AlertDetails
  public var isReplay: Bool

  public init(details: AlertDetails, isReplay: Bool) {
    self.details = details
    self.isReplay = isReplay
  }
}
