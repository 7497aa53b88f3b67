/// Where a user belongs, and what it may do there.
public struct Membership: Sendable {
  public var organizationID: OrganizationID
  /// As people know the organization.
  public var name: String
  /// The plan that the organization has now; nil: none.
  public var plan: String?
  public var status: OrganizationStatus
  /// Nil for an organization's API key, which has scopes.
  public var role: UserRole?

  public init(
    organizationID: OrganizationID, name: String, plan: String?, status: OrganizationStatus, role: UserRole?
  ) {
    self.organizationID = organizationID
    self.name = name
    self.plan = plan
    self.status = status
    self.role = role
  }
}
