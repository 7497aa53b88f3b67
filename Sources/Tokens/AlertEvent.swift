/// An alert that was raised or has recovered, or a threshold of a balance or content budget that was crossed.
public struct AlertEvent: Sendable {
  public enum State: String, CaseIterable, Sendable {
    case raised
    case recovered
  }

  public var id: AlertEventID
  /// As webhooks have it: `alert.raised`.
  public var type: String
  /// Nil: a threshold, which belongs to no rule.
  public var alertID: AlertID?
  public var organizationID: OrganizationID
  public var organizationName: String
  /// Nil: of a content budget.
  public var tokenType: String?
  public var state: State
  /// Of a threshold: `warning`, `critical` or `exhausted`.
  public var level: String?
  public var condition: String?
  /// In the condition's unit; of a threshold, tokens that are left. Nil: the rule is gone.
  public var value: Int64?
  public var threshold: Int64?
  /// Microseconds since 1970.
  public var createdAtMicroseconds: Int64

  public init(
    id: AlertEventID, type: String, alertID: AlertID?, organizationID: OrganizationID, organizationName: String,
    tokenType: String?, state: State, level: String?, condition: String?, value: Int64?, threshold: Int64?,
    createdAtMicroseconds: Int64
  ) {
    self.id = id
    self.type = type
    self.alertID = alertID
    self.organizationID = organizationID
    self.organizationName = organizationName
    self.tokenType = tokenType
    self.state = state
    self.level = level
    self.condition = condition
    self.value = value
    self.threshold = threshold
    self.createdAtMicroseconds = createdAtMicroseconds
  }
}

public typealias AlertEventID = Identifier<AlertEvent>

/// Which events somebody wants to see, newest first; nil: all of them.
public struct AlertEventFilter: Sendable {
  public var organizationID: OrganizationID?
  public var alertID: AlertID?
  public var state: AlertEvent.State?

  public init(organizationID: OrganizationID? = nil, alertID: AlertID? = nil, state: AlertEvent.State? = nil) {
    self.organizationID = organizationID
    self.alertID = alertID
    self.state = state
  }
}
