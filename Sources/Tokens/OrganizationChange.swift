/// Whether an organization may spend.
public enum OrganizationStatus: String, CaseIterable, Sendable {
  case active, suspended
}

/// An organization as administrators see it.
public struct OrganizationDetails: Sendable {
  public var id: OrganizationID
  public var name: String
  /// Nil: no plan.
  public var plan: String?
  /// The plan that waits for its time; nil: none.
  public var nextPlan: String?
  /// When that begins, in microseconds since 1970.
  public var nextPlanFromMicroseconds: Int64?
  public var status: OrganizationStatus

  public init(
    id: OrganizationID, name: String, plan: String?, nextPlan: String?, nextPlanFromMicroseconds: Int64?,
    status: OrganizationStatus
  ) {
    self.id = id
    self.name = name
    self.plan = plan
    self.nextPlan = nextPlan
    self.nextPlanFromMicroseconds = nextPlanFromMicroseconds
    self.status = status
  }
}

/// What an administrator wants of an organization. What is nil stays as it is.
public struct OrganizationChange: Sendable {
  /// The plan to change to.
  public var plan: String?
  /// When that takes effect; nil: an upgrade at once, anything that takes away with the next reset.
  public var isAtOnce: Bool?
  /// Works everything out and changes nothing.
  public var isPreview: Bool
  public var status: OrganizationStatus?
  /// Why it is suspended, up to 500 characters.
  public var reason: String?

  public init(
    plan: String? = nil, isAtOnce: Bool? = nil, isPreview: Bool = false, status: OrganizationStatus? = nil,
    reason: String? = nil
  ) {
    self.plan = plan
    self.isAtOnce = isAtOnce
    self.isPreview = isPreview
    self.status = status
    self.reason = reason
  }
}

/// What a change of plan makes of one balance.
public struct BalanceChange: Sendable {
  public var tokenType: String
  /// When `allocatedAfter` holds, in microseconds since 1970; nil: not by itself, for the balance is never reset.
  public var effectiveAtMicroseconds: Int64?
  /// Tokens before and after the change itself. A change that waits moves none.
  public var balanceBefore: Int64
  public var balanceAfter: Int64
  /// Tokens that the plan grants for a period.
  public var allocatedBefore: Int64
  public var allocatedAfter: Int64

  public init(
    tokenType: String, effectiveAtMicroseconds: Int64?, balanceBefore: Int64, balanceAfter: Int64,
    allocatedBefore: Int64, allocatedAfter: Int64
  ) {
    self.tokenType = tokenType
    self.effectiveAtMicroseconds = effectiveAtMicroseconds
    self.balanceBefore = balanceBefore
    self.balanceAfter = balanceAfter
    self.allocatedBefore = allocatedBefore
    self.allocatedAfter = allocatedAfter
  }
}

/// An organization after a change, and what became of its balances: empty where no plan was named.
public struct ChangedOrganization: Sendable {
  public var organization: OrganizationDetails
  public var balanceChanges: [BalanceChange]

  public init(organization: OrganizationDetails, balanceChanges: [BalanceChange]) {
    self.organization = organization
    self.balanceChanges = balanceChanges
  }
}
