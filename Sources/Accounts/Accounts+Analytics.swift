public import Tokens

/// What was used, by whom, and how long the rest lasts.
extension Accounts {
  /// What an organization used.
  public func usage(
    _ query: UsageQuery, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<AnalyticsReport<[UsageRow]>, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try AnalyticsQueries.usage(query, of: organizationID, for: spender, on: &$0) }, completion: completion)
  }

  /// What became of an organization's balances on each day, oldest first, and what they were before.
  public func history(
    _ tokenType: String?, fromMicroseconds from: Int64?, toMicroseconds to: Int64?,
    of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<AnalyticsReport<BalanceHistory>, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try AnalyticsQueries.history(tokenType, from: from, to: to, of: organizationID, for: spender, on: &$0) },
      completion: completion)
  }

  /// When an organization's balances run out.
  public func forecast(
    of organizationID: OrganizationID, for spender: Spender,
    completion:
      @escaping @Sendable (
        Result<Result<[BalanceForecast], UnreadableOrganization>, ServiceFailure>
      ) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try AnalyticsQueries.forecast(of: organizationID, for: spender, on: &$0) }, completion: completion)
  }

  /// What all organizations used.
  public func usage(
    _ query: UsageQuery,
    completion: @escaping @Sendable (Result<AnalyticsReport<[UsageRow]>, ServiceFailure>) -> Void
  ) {
    askForReport({ try ServiceAnalyticsQueries.usage(query, on: &$0) }, completion: completion)
  }

  /// What one or all organizations used on each day, oldest first: at most so many rows.
  public func costs(
    of organizationID: OrganizationID?, fromMicroseconds from: Int64?, toMicroseconds to: Int64?, limit: Int,
    completion: @escaping @Sendable (Result<AnalyticsReport<[CostRow]>, ServiceFailure>) -> Void
  ) {
    askForReport(
      { try ServiceAnalyticsQueries.costs(of: organizationID, from: from, to: to, limit: limit, on: &$0) },
      completion: completion)
  }

  /// Balances that run out within so many days, soonest first, without the first `count` of them.
  public func endingBalances(
    withinDays days: Int64, behind count: Int64, limit: Int,
    completion: @escaping @Sendable (Result<[EndingBalance], ServiceFailure>) -> Void
  ) {
    askForReport(
      { try ServiceAnalyticsQueries.endingBalances(withinDays: days, behind: count, limit: limit, on: &$0) },
      completion: completion)
  }

  /// All organizations on one page: a JSON object.
  public func overview(completion: @escaping @Sendable (Result<String, ServiceFailure>) -> Void) {
    askForReport({ try ServiceAnalyticsQueries.overview(on: &$0) }, completion: completion)
  }

  /// What an organization's uses would have cost on each plan: a JSON array.
  public func planEstimates(
    of organizationID: OrganizationID, fromMicroseconds from: Int64?, toMicroseconds to: Int64?,
    completion: @escaping @Sendable (Result<Administered<AnalyticsReport<String>>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.planEstimates(of: organizationID, from: from, to: to, on: &$0) }, changesNothing: true,
      completion: completion)
  }

  /// Says what a plan costs for 30 days.
  public func setPrice(
    _ price: Money, ofPlan plan: String,
    completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.setPrice(price, ofPlan: plan, on: &$0) }, completion: completion)
  }

  /// Says what a pack of so many tokens costs.
  public func setPrice(
    _ price: Money, ofPackOf tokens: Int64,
    completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.setPrice(price, ofPackOf: tokens, on: &$0) }, completion: completion)
  }

  /// Takes a plan's price away from estimates; one that is not there is not found.
  public func removePrice(
    ofPlan plan: String, completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.removePrice(ofPlan: plan, on: &$0) }, completion: completion)
  }

  /// Takes the price of packs of so many tokens away from estimates; one that is not there is not found.
  public func removePrice(
    ofPackOf tokens: Int64, completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.removePrice(ofPackOf: tokens, on: &$0) }, completion: completion)
  }

  /// What packs cost in estimates, and what is sold, smallest first.
  public func packPrices(completion: @escaping @Sendable (Result<[PackPrice], ServiceFailure>) -> Void) {
    ask({ try Administration.packPrices(on: &$0) }, completion: completion)
  }

  /// Adds what is new in the ledger to the roll-ups, of as many organizations as half a second allows: reports on all
  /// organizations wait for it.
  public func rollUp(completion: @escaping @Sendable (Result<RolledUp, ServiceFailure>) -> Void) {
    askForReport({ try ServiceAnalyticsQueries.rollUp(milliseconds: 500, on: &$0) }, completion: completion)
  }
}
