import Postgres
public import Tokens

extension Accounts {
  /// Where a user belongs; nil for a user nobody knows. Asked in the user's own turn, unless in somebody's.
  public func membership(
    of userID: UserID, completion: @escaping @Sendable (Result<Membership?, ServiceFailure>) -> Void
  ) {
    ask(for: .user(userID), { try MembershipQueries.membership(of: userID, on: &$0) }, completion: completion)
  }

  /// An organization as its own API key sees it. An unknown one is refused.
  public func membership(
    in organizationID: OrganizationID,
    completion: @escaping @Sendable (Result<Administered<Membership>, ServiceFailure>) -> Void
  ) {
    administer(
      for: .organization(organizationID), { try MembershipQueries.membership(in: organizationID, on: &$0) },
      changesNothing: true, completion: completion)
  }
}
