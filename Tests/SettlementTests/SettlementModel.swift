import Tokens

/// The rules of settlement in plain Swift, one request at a time: what a batch must come out as.
struct SettlementModel {
  struct Account {
    var plan: String
    var isSuspended = false
    var members: Set<UserID>
    var balances: [String: Purse] = [:]
    var remembered: [String: Memory] = [:]
  }

  struct Purse: Equatable {
    var balance: Int64
    var allocated: Int64
    var used: Int64 = 0
    var purchased: Int64 = 0
  }

  /// A request's content without its id, and what it was answered.
  struct Memory {
    let content: [String?]
    let answer: Expectation
  }

  struct Expectation: Equatable {
    var outcome: Outcome
    var transactionID: TransactionID?
    var tokenType: String?
    var numbers: [Int64] = []
    var state: BalanceState?
    var isReplay = false
  }

  static let prices: [String: (tokenType: String, cost: Int64)] = [
    "generate_leads": ("lead_generation", 5), "generate_goal": ("goal_generation", 3),
    "analyze_strategy": ("strategy_analysis", 2), "forecast_revenue": ("forecast", 4),
    "analyze_efficiency": ("general", 2), "generate_insight": ("general", 1), "surprise_me": ("api_budget", 50),
    "niche_discovery": ("api_budget", 150), "manual_search": ("api_budget", 10), "product_lookup": ("api_budget", 1),
    "auto_sourcing_job": ("api_budget", 200), "headline_pick": ("feature_depth", 0),
    "full_distribution": ("feature_depth", 2), "scenario_extremes": ("feature_depth", 3),
    "comparative_analysis": ("feature_depth", 3), "deep_dive_educational": ("feature_depth", 5),
  ]

  static let planTypes = ["lead_generation", "goal_generation", "strategy_analysis", "forecast", "general"]

  static func allocation(_ plan: String, _ tokenType: String) -> Int64? {
    guard let place = planTypes.firstIndex(of: tokenType) else { return nil }
    return switch plan {
    case "starter": 0
    case "pro": [50, 20, 100, 30, 50][place]
    default: [500, 200, 1000, 200, 500][place]
    }
  }

  var accounts: [OrganizationID: Account] = [:]

  mutating func settle(_ deduction: Deduction) -> Expectation {
    let isMember = deduction.spender.userID.map { accounts[deduction.organizationID]?.members.contains($0) == true }
    if deduction.spender.needsMembership, isMember != true { return Expectation(outcome: .forbidden) }
    guard var account = accounts[deduction.organizationID] else { return Expectation(outcome: .unknownOrganization) }
    defer { accounts[deduction.organizationID] = account }
    let content = [
      deduction.feature, "\(deduction.units)", deduction.spender.userID?.description, deduction.eventID,
      deduction.metadata,
    ]
    if let key = deduction.idempotencyKey?.value, let memory = account.remembered[key] {
      guard memory.content == content else { return Expectation(outcome: .idempotencyKeyReused) }
      var answer = memory.answer
      answer.isReplay = true
      return answer
    }
    let answer = decide(deduction, &account)
    if let key = deduction.idempotencyKey?.value,
      [.success, .insufficientTokens, .criticalBalance].contains(answer.outcome)
    {
      account.remembered[key] = Memory(content: content, answer: answer)
    }
    return answer
  }

  private func decide(_ deduction: Deduction, _ account: inout Account) -> Expectation {
    guard let price = Self.prices[deduction.feature] else { return Expectation(outcome: .unknownFeature) }
    let (cost, overflows) = deduction.units.multipliedReportingOverflow(by: price.cost)
    guard TokenAmount.range.contains(deduction.units), !overflows, cost <= TokenAmount.range.upperBound else {
      return Expectation(outcome: .amountOutOfRange)
    }
    let exists = account.balances[price.tokenType] != nil
    var purse = account.balances[price.tokenType] ?? Purse(balance: 0, allocated: 0)
    let before = purse.balance
    let outcome: Outcome
    if account.isSuspended {
      outcome = .organizationSuspended
    } else if cost <= before, price.tokenType == "api_budget", before < 20, exists {
      outcome = .criticalBalance
    } else if cost <= before {
      outcome = .success
      purse.balance -= cost
      purse.used += cost
      purse.purchased = min(purse.purchased, purse.balance)
      if exists { account.balances[price.tokenType] = purse }
    } else if before == 0, purse.allocated == 0, Self.planTypes.contains(price.tokenType) {
      outcome = .notOnPlan
    } else {
      outcome = .insufficientTokens
    }
    return Expectation(
      outcome: outcome, transactionID: deduction.transactionID, tokenType: price.tokenType,
      numbers: [cost, before, purse.balance, purse.balance], state: Self.state(purse, price.tokenType))
  }

  private static func state(_ purse: Purse, _ tokenType: String) -> BalanceState {
    if purse.balance == 0 { return .exhausted }
    if tokenType == "api_budget" { return purse.balance < 20 ? .critical : purse.balance < 100 ? .warning : .safe }
    if purse.balance * 5 < purse.allocated { return .critical }
    return purse.balance * 2 <= purse.allocated ? .warning : .safe
  }

  /// The period of a balance ended.
  mutating func reset(_ organization: OrganizationID, _ tokenType: String) {
    guard var account = accounts[organization], let purse = account.balances[tokenType] else { return }
    let kept = min(purse.purchased, purse.balance)
    let allocated = Self.allocation(account.plan, tokenType) ?? 0
    account.balances[tokenType] = Purse(balance: allocated + kept, allocated: allocated, used: 0, purchased: kept)
    accounts[organization] = account
  }

  /// An administrator set a balance by hand, and how much of it counts as bought.
  mutating func set(_ organization: OrganizationID, _ tokenType: String, balance: Int64, purchased: Int64) {
    var purse = accounts[organization]?.balances[tokenType] ?? Purse(balance: 0, allocated: 0)
    purse.balance = balance
    purse.purchased = purchased
    accounts[organization]?.balances[tokenType] = purse
  }
}

extension SettlementModel.Expectation {
  /// A real answer in the same terms.
  init(_ answer: DeductionAnswer) {
    self.init(
      outcome: answer.outcome, transactionID: answer.settlement?.transactionID,
      tokenType: answer.settlement?.tokenType, state: answer.settlement?.state, isReplay: answer.isReplay)
    if let settlement = answer.settlement {
      numbers = [settlement.cost, settlement.balanceBefore, settlement.balanceAfter, settlement.available]
    }
  }
}
