/// What was decided about a change of content. Tokens.
public struct ContentDecision: Sendable {
  /// Whether it was made, or would be.
  public var fits: Bool
  public var used: Int64
  public var usedAfter: Int64
  public var budget: Int64
  /// Of the attribute that it is about; of an activation those that it adds.
  public var tokens: Int64
  /// Whether the attribute is active after it.
  public var isActive: Bool
  /// For people.
  public var message: String
  /// What to deactivate so that it fits, as JSON: a list of objects with `id` and `tokens`.
  public var deactivate: String
  /// Whether it was made before, under the same idempotency key.
  public var isReplay: Bool

  public init(
    fits: Bool, used: Int64, usedAfter: Int64, budget: Int64, tokens: Int64, isActive: Bool, message: String,
    deactivate: String, isReplay: Bool
  ) {
    self.fits = fits
    self.used = used
    self.usedAfter = usedAfter
    self.budget = budget
    self.tokens = tokens
    self.isActive = isActive
    self.message = message
    self.deactivate = deactivate
    self.isReplay = isReplay
  }
}

/// Why a request about content was not carried out. Nothing was changed.
public enum ContentRefusal: Error, Sendable {
  /// It does not fit into the budget.
  case budgetExceeded(ContentDecision)
  /// The user is no member of the organization.
  case forbidden
  /// The user may see what the organization has, and changes nothing of it.
  case notPermitted
  case unknownOrganization
  case unknownAttribute
  /// The organization has as many attributes as it may have.
  case tooManyAttributes
  case idempotencyKeyReused
}

/// How full a content budget is. Tokens.
public struct ContentStanding: Sendable {
  /// Nil: none is set.
  public var level: Int64?
  /// The level's name, for people.
  public var levelTitle: String?
  /// What an administrator has set instead of the level's tokens.
  public var budgetTokens: Int64?
  public var budget: Int64
  public var used: Int64
  /// 0 over the budget.
  public var remaining: Int64
  /// Whole percent; more than 100 over the budget.
  public var percentUsed: Int64
  public var state: BalanceState
  public var deactivatesAutomatically: Bool
  /// The name of what counts tokens.
  public var counter: String

  public init(
    level: Int64?, levelTitle: String?, budgetTokens: Int64?, budget: Int64, used: Int64, remaining: Int64,
    percentUsed: Int64, state: BalanceState, deactivatesAutomatically: Bool, counter: String
  ) {
    self.level = level
    self.levelTitle = levelTitle
    self.budgetTokens = budgetTokens
    self.budget = budget
    self.used = used
    self.remaining = remaining
    self.percentUsed = percentUsed
    self.state = state
    self.deactivatesAutomatically = deactivatesAutomatically
    self.counter = counter
  }
}

/// The standing of one organization, as administrators see it.
public struct ContentAccount: Sendable {
  public var organizationID: OrganizationID
  /// The organization's name.
  public var name: String
  public var standing: ContentStanding

  public init(organizationID: OrganizationID, name: String, standing: ContentStanding) {
    self.organizationID = organizationID
    self.name = name
    self.standing = standing
  }
}

/// What an organization's apps show people of its content budget. Tokens.
public struct ContentUsage: Sendable {
  public var used: Int64
  public var budget: Int64
  /// 0 over the budget.
  public var remaining: Int64
  /// Whole percent; more than 100 over the budget.
  public var percentUsed: Int64
  public var level: Int64?
  public var levelTitle: String?
  public var state: BalanceState
  public var message: String
  /// Nil: there is nothing to warn of.
  public var warning: String?
  /// The active attributes with most tokens, as JSON: a list of objects with `id` and `tokens`.
  public var largest: String
  /// What to deactivate where more is used than the budget has, in the same form.
  public var deactivate: String

  public init(
    used: Int64, budget: Int64, remaining: Int64, percentUsed: Int64, level: Int64?, levelTitle: String?,
    state: BalanceState, message: String, warning: String?, largest: String, deactivate: String
  ) {
    self.used = used
    self.budget = budget
    self.remaining = remaining
    self.percentUsed = percentUsed
    self.level = level
    self.levelTitle = levelTitle
    self.state = state
    self.message = message
    self.warning = warning
    self.largest = largest
    self.deactivate = deactivate
  }
}

/// What an administrator wants of a content budget. What is nil stays as it is.
public struct ContentBudgetChange: Sendable {
  /// 0: none, so that what holds without a level holds. It takes an override away.
  public var level: Int64?
  /// Tokens instead of the level's, 1 to 10^15.
  public var budgetTokens: Int64?
  public var deactivatesAutomatically: Bool?
  /// Counts everything anew.
  public var counter: String?

  public init(
    level: Int64? = nil, budgetTokens: Int64? = nil, deactivatesAutomatically: Bool? = nil, counter: String? = nil
  ) {
    self.level = level
    self.budgetTokens = budgetTokens
    self.deactivatesAutomatically = deactivatesAutomatically
    self.counter = counter
  }
}

/// A content budget after an administrator's change.
public struct ChangedContentBudget: Sendable {
  public var account: ContentAccount
  /// What was deactivated so that it fits, as JSON: a list of objects with `id` and `tokens`.
  public var deactivated: String

  public init(account: ContentAccount, deactivated: String) {
    self.account = account
    self.deactivated = deactivated
  }
}

/// What a reset deactivated.
public struct ContentReset: Sendable {
  /// How many attributes were active.
  public var deactivatedCount: Int64
  /// Tokens that they had.
  public var tokens: Int64
  public var isReplay: Bool

  public init(deactivatedCount: Int64, tokens: Int64, isReplay: Bool) {
    self.deactivatedCount = deactivatedCount
    self.tokens = tokens
    self.isReplay = isReplay
  }
}

/// The order of the list of all organizations' content budgets.
public enum ContentBudgetOrder: String, Sendable, CaseIterable {
  /// Newest organizations first.
  case newest
  /// Those first that have used most of theirs.
  case percentUsed
}
