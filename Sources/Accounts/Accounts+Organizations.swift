import Postgres
public import Tokens

/// Organizations, users, plans and the audit log, for administrators.
extension Accounts {
  /// A page of organizations with what they have: those behind this place.
  public func organizations(
    _ filter: OrganizationFilter, behind last: ListPlace<Organization>?, limit: Int,
    completion: @escaping @Sendable (Result<[OrganizationAccount], ServiceFailure>) -> Void
  ) {
    ask({ try Administration.organizations(filter, behind: last, limit: limit, on: &$0) }, completion: completion)
  }

  /// One organization with what it has; nil for an unknown one.
  public func organization(
    _ id: OrganizationID, completion: @escaping @Sendable (Result<OrganizationAccount?, ServiceFailure>) -> Void
  ) {
    ask({ try Administration.organization(id, on: &$0) }, completion: completion)
  }

  /// Makes an organization with the balances of its plan; under a key, once.
  public func addOrganization(
    name: String, plan: String, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<Administered<Creation<NewOrganization>>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.addOrganization(name: name, plan: plan, under: key, on: &$0) }, completion: completion)
  }

  /// A page of users, newest first: those behind this place.
  public func users(
    of organizationID: OrganizationID?, search: String?, behind last: ListPlace<User>?, limit: Int,
    completion: @escaping @Sendable (Result<Administered<[UserDetails]>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.users(of: organizationID, search: search, behind: last, limit: limit, on: &$0) },
      changesNothing: true, completion: completion)
  }

  /// Makes somebody a user of an organization; under a key, once.
  public func addUser(
    _ user: NewUser, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<Administered<Creation<MadeUser>>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.addUser(user, under: key, on: &$0) }, completion: completion)
  }

  /// Decides what a user may do in its organization; nil for an unknown user. Twice is once.
  public func setRole(
    _ role: UserRole, of userID: UserID,
    completion: @escaping @Sendable (Result<Administered<UserDetails?>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.setRole(role, of: userID, on: &$0) }, completion: completion)
  }

  /// Ends a user's membership, and answers of which organization; nil for an unknown user.
  public func removeUser(
    _ userID: UserID, completion: @escaping @Sendable (Result<Administered<OrganizationID?>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.removeUser(userID, on: &$0) }, completion: completion)
  }

  /// All plans, or one, by name.
  public func plans(
    only name: String?, completion: @escaping @Sendable (Result<[Plan], ServiceFailure>) -> Void
  ) {
    ask({ try Administration.plans(only: name, on: &$0) }, completion: completion)
  }

  /// Makes a plan, or changes what it grants. Twice is once.
  public func set(
    _ plan: Plan, completion: @escaping @Sendable (Result<PlanChange, ServiceFailure>) -> Void
  ) {
    ask({ [actor] in try Administration.change(plan, as: actor, on: &$0) }, completion: completion)
  }

  /// An action with every price that it has had; nil for one that there is none of.
  public func action(
    _ name: String, completion: @escaping @Sendable (Result<ActionHistory?, ServiceFailure>) -> Void
  ) {
    ask({ try Administration.action(name, on: &$0) }, completion: completion)
  }

  /// A page of the audit log, newest first: changes before this one.
  public func auditLog(
    _ filter: AuditFilter, before: AuditRecordID?, limit: Int,
    completion: @escaping @Sendable (Result<[AuditRecord], ServiceFailure>) -> Void
  ) {
    ask({ try Administration.auditLog(filter, before: before, limit: limit, on: &$0) }, completion: completion)
  }
}
