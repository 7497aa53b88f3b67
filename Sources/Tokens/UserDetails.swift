/// A user as administrators see it.
public struct UserDetails: Sendable {
  public var id: UserID
  public var organizationID: OrganizationID
  public var email: String?
  public var role: UserRole
  /// Microseconds since 1970.
  public var createdAtMicroseconds: Int64

  public init(
    id: UserID, organizationID: OrganizationID, email: String?, role: UserRole, createdAtMicroseconds: Int64
  ) {
    self.id = id
    self.organizationID = organizationID
    self.email = email
    self.role = role
    self.createdAtMicroseconds = createdAtMicroseconds
  }

  /// Its place in a list, newest first.
  public var place: ListPlace<User> { ListPlace(id: id, sortKey: String(createdAtMicroseconds)) }
}

/// A user as an administrator wants one.
public struct NewUser: Sendable {
  public var organizationID: OrganizationID
  /// The subject of the user's tokens; nil: a new one.
  public var id: UserID?
  public var email: String?
  public var role: UserRole

  public init(organizationID: OrganizationID, id: UserID? = nil, email: String? = nil, role: UserRole = .member) {
    self.organizationID = organizationID
    self.id = id
    self.email = email
    self.role = role
  }
}

/// A user that was made, now or when the request was sent before.
public struct MadeUser: Sendable {
  public var user: UserDetails
  public var isReplay: Bool

  public init(user: UserDetails, isReplay: Bool) {
    self.user = user
    self.isReplay = isReplay
  }
}
