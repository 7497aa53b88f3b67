import Postgres
public import Tokens

/// Content and its budgets.
extension Accounts {
  /// A success, or why it was not carried out.
  public typealias OfContent<Value> = Result<Value, ContentRefusal>

  /// Makes an attribute or replaces its texts, or with `isDryRun` says what would come of it.
  public func save(
    _ draft: ContentDraft, as id: ContentAttributeID, in scope: ContentScope, isDryRun: Bool,
    completion: @escaping @Sendable (Result<OfContent<ContentDecision>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.save(draft, as: id, in: scope, isDryRun: isDryRun, on: &$0) },
      changesNothing: isDryRun,
      completion: completion)
  }

  /// Activates attributes, all or none.
  public func activate(
    _ ids: [ContentAttributeID], in scope: ContentScope, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<OfContent<ContentDecision>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.activate(ids, in: scope, under: key, on: &$0) },
      changesNothing: false,
      completion: completion)
  }

  /// Deletes an attribute.
  public func delete(
    _ id: ContentAttributeID, in scope: ContentScope,
    completion: @escaping @Sendable (Result<OfContent<ContentDecision>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.delete(id, in: scope, on: &$0) }, changesNothing: false,
      completion: completion)
  }

  /// Counts a use of an attribute.
  public func recordUse(
    of id: ContentAttributeID, in scope: ContentScope, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<OfContent<ContentUses>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.recordUse(of: id, in: scope, under: key, on: &$0) },
      changesNothing: false,
      completion: completion)
  }

  /// How full an organization's content budget is.
  public func contentUsage(
    in scope: ContentScope, completion: @escaping @Sendable (Result<OfContent<ContentUsage>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.usage(in: scope, on: &$0) }, completion: completion)
  }

  /// A page of an organization's attributes, newest first: those made before the one with this number.
  public func attributes(
    before number: Int64?, limit: Int, in scope: ContentScope,
    completion: @escaping @Sendable (Result<OfContent<ContentPage>, ServiceFailure>) -> Void
  ) {
    askAboutContent(
      of: scope.organizationID, { try ContentQueries.attributes(before: number, limit: limit, in: scope, on: &$0) },
      completion: completion)
  }

  /// Changes an organization's content budget.
  public func changeContentBudget(
    of organizationID: OrganizationID, by change: ContentBudgetChange,
    completion: @escaping @Sendable (Result<Administered<ChangedContentBudget>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.changeContentBudget(of: organizationID, by: change, on: &$0) }, completion: completion)
  }

  /// Deactivates all of an organization's attributes.
  public func resetContentBudget(
    of organizationID: OrganizationID, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<OfContent<ContentReset>, ServiceFailure>) -> Void
  ) {
    ask(
      { [actor] connection in
        try connection.acting(as: actor) { try ContentQueries.reset(organizationID, under: key, on: &$0) }
      }, changesNothing: false, completion: completion)
  }

  /// A page of all organizations' content budgets: those behind this one.
  public func contentBudgets(
    by order: ContentBudgetOrder, behind last: OrganizationID?, limit: Int,
    completion: @escaping @Sendable (Result<[ContentAccount], ServiceFailure>) -> Void
  ) {
    ask({ try Administration.contentBudgets(by: order, behind: last, limit: limit, on: &$0) }, completion: completion)
  }
}
