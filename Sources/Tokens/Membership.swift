/// Where a user belongs, and what it may do there.
public struct Membership: Sendable {
  public var organizationID: OrganizationID
  /// As people know the organization.
  public var name: String
  /// The plan that the organization has now; nil: none.
  public var plan: String?
  /// The plan that waits for its time; nil: none.
  public var nextPlan: String?
  /// When it begins, in microseconds since 1970.
  public var nextPlanFromMicroseconds: Int64?
  public var status: OrganizationStatus
  /// Nil for an organization's API key, which has scopes.
  public var role: UserRole?

  public init(
    organizationID: OrganizationID, name: String, plan: String?, nextPlan: String?, nextPlanFromMicroseconds: Int64?,
    status: OrganizationStatus, role: UserRole?
  ) {
    self.organizationID = organizationID
    self.name = name
    self.plan = plan
    self.nextPlan = nextPlan
    self.nextPlanFromMicroseconds = nextPlanFromMicroseconds
    self.status = status
    self.role = role
  }
}
