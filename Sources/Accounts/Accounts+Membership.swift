import Postgres
public import Tokens

extension Accounts {
  /// Where a user belongs; nil for a user nobody knows.
  public func membership(
    of userID: UserID, completion: @escaping @Sendable (Result<Membership?, ServiceFailure>) -> Void
  ) {
    ask({ try MembershipQueries.membership(of: userID, on: &$0) }, completion: completion)
  }

  /// An organization as its own API key sees it. An unknown one is refused.
  public func membership(
    in organizationID: OrganizationID,
    completion: @escaping @Sendable (Result<Administered<Membership>, ServiceFailure>) -> Void
  ) {
    administer(
      { try MembershipQueries.membership(in: organizationID, on: &$0) }, changesNothing: true, completion: completion)
  }
}
