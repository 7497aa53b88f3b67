public import Tokens

/// Rules, and what came of them.
extension Accounts {
  /// Makes a rule; under a key, once.
  public func add(
    _ rule: AlertRule, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<Administered<Creation<MadeAlert>>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.add(rule, under: key, on: &$0) }, completion: completion)
  }

  /// Changes a rule.
  public func set(
    _ id: AlertID, to rule: AlertRule,
    completion: @escaping @Sendable (Result<Administered<AlertDetails>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.set(id, to: rule, on: &$0) }, completion: completion)
  }

  /// Deletes a rule.
  public func delete(
    _ id: AlertID, completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.delete(id, on: &$0) }, completion: completion)
  }

  /// One rule.
  public func alert(
    _ id: AlertID, completion: @escaping @Sendable (Result<Administered<AlertDetails>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.alert(id, on: &$0) }, changesNothing: true, completion: completion)
  }

  /// A page of the rules of all organizations or of one, newest first.
  public func alerts(
    of organizationID: OrganizationID?, before: AlertID?, limit: Int,
    completion: @escaping @Sendable (Result<[AlertDetails], ServiceFailure>) -> Void
  ) {
    ask(
      { try Administration.alerts(of: organizationID, before: before, limit: limit, on: &$0) }, completion: completion)
  }

  /// A page of what was raised and has recovered, newest first.
  public func alertEvents(
    _ filter: AlertEventFilter, before: AlertEventID?, limit: Int,
    completion: @escaping @Sendable (Result<[AlertEvent], ServiceFailure>) -> Void
  ) {
    ask({ try AlertQueries.events(filter, before: before, limit: limit, on: &$0) }, completion: completion)
  }

  /// The same of one organization, for somebody who has to be a member of it.
  public func alertEvents(
    of organizationID: OrganizationID, for spender: Spender, before: AlertEventID?, limit: Int,
    completion: @escaping @Sendable (Result<AlertReport, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try AlertQueries.events(of: organizationID, for: spender, before: before, limit: limit, on: &$0) },
      completion: completion)
  }
}
