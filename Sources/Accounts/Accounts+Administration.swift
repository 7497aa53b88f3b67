import Postgres
public import Tokens

/// What administrators change. All of it may be asked for again when no answer came: twice is once.
extension Accounts {
  /// A success, or why PostgreSQL refused.
  public typealias Administered<Value> = Result<Value, AdministrationRefusal>

  /// Changes plan and status of an organization, both or nothing.
  public func change(
    _ organizationID: OrganizationID, by change: OrganizationChange,
    completion: @escaping @Sendable (Result<Administered<ChangedOrganization>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.change(organizationID, by: change, on: &$0) }, completion: completion)
  }

  /// Asks for top-ups of a balance from now on.
  public func set(
    _ autoTopUp: AutoTopUp, for tokenType: String, of organizationID: OrganizationID,
    completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.set(autoTopUp, for: tokenType, of: organizationID, on: &$0) }, completion: completion)
  }

  /// Asks for no more top-ups of a balance, and answers whether any were asked for before.
  public func clearAutoTopUp(
    for tokenType: String, of organizationID: OrganizationID,
    completion: @escaping @Sendable (Result<Administered<Bool>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.clearAutoTopUp(for: tokenType, of: organizationID, on: &$0) }, completion: completion)
  }
}
