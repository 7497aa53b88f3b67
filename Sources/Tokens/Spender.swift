/// On whose behalf tokens are looked at or spent.
public enum Spender: Hashable, Sendable {
  /// A user, who must be a member of the organization at the moment of settlement.
  case member(UserID)
  /// A trusted server, which may name a user or none.
  case service(onBehalfOf: UserID?)

  /// The user a use is booked to.
  public var userID: UserID? {
    switch self {
    case .member(let user): user
    case .service(let user): user
    }
  }

  /// Whether PostgreSQL has to find the user among the organization's members.
  public var needsMembership: Bool {
    switch self {
    case .member: true
    case .service: false
    }
  }
}
