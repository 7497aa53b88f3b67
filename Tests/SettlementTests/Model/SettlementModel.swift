import Tokens

/// The rules of settlement in plain Swift, as docs/settlement.md gives them, one request at a time: what a batch must
/// come out as.
struct SettlementModel {
  struct Account {
    var plan: String
    /// The plan that holds from a time on.
    var nextPlan: (plan: String, from: Instant)?
    let calendar: ModelCalendar
    var isSuspended = false
    var members: Set<UserID>
    var purses: [String: ModelPurse] = [:]
    var remembered: [String: Memory] = [:]
    var charges: [TransactionID: Charge] = [:]
    var payments: [String: Payment] = [:]
    var limits: ModelLimitBook

    func plan(at now: Instant) -> String {
      guard let nextPlan, nextPlan.from <= now else { return plan }
      return nextPlan.plan
    }

    func allocation(_ tokenType: String, _ at: Instant) -> ModelCatalogue.Allocation? {
      ModelCatalogue.plans[plan(at: at)]?.allocations[tokenType]
    }
  }

  /// A use of tokens, and what of it was given back.
  struct Charge {
    let tokenType: String
    let amount: Int64
    let purchased: Int64
    var refunded: Int64 = 0
    var refundedToPurchased: Int64 = 0
  }

  struct Payment {
    let tokenType: String
    let amount: Int64
    let expiresAt: Instant
    let answer: ModelAnswer
  }

  /// A request's content without its id, what it was answered, and the week (from Monday, UTC) in which.
  struct Memory {
    let content: Content
    let answer: ModelAnswer
    let week: Int64
  }

  struct Content: Equatable {
    let operation: ModelRequest.Operation
    let userID: UserID?
    let eventID: String?
    let metadata: String?
  }

  var accounts: [OrganizationID: Account] = [:]

  mutating func settle(_ requests: [ModelRequest], at now: Instant) -> [ModelAnswer] {
    // Limits do not count what expired, whichever balance it was of.
    for id in Set(requests.map(\.organizationID)) { accounts[id]?.forgetExpiredHolds(now) }
    for request in requests where isAdmitted(request) { accounts[request.organizationID]?.prepare(request, now) }
    return requests.map { settle($0, now) }
  }

  private func isAdmitted(_ request: ModelRequest) -> Bool {
    guard request.spender.needsMembership else { return true }
    return request.spender.userID.map { accounts[request.organizationID]?.members.contains($0) == true } ?? false
  }

  private mutating func settle(_ request: ModelRequest, _ now: Instant) -> ModelAnswer {
    guard isAdmitted(request) else { return ModelAnswer("forbidden") }
    guard var account = accounts[request.organizationID] else { return ModelAnswer("unknown_organization") }
    defer { accounts[request.organizationID] = account }

    let content = Content(
      operation: request.operation, userID: request.spender.userID, eventID: request.eventID, metadata: request.metadata
    )
    // A Thursday was the first day of 1970.
    let week = (now / 86_400_000_000 + 3) / 7
    if let key = request.key, let memory = account.remembered[key], memory.week >= week - 1 {
      guard memory.content == content else { return ModelAnswer("idempotency_key_reused") }
      var answer = memory.answer
      answer.isReplay = true
      return answer
    }
    let answer = account.decide(request, now)
    if let key = request.key, !answer.isReplay, ModelAnswer.remembered.contains(answer.outcome) {
      account.remembered[key] = Memory(content: content, answer: answer, week: week)
    }
    return answer
  }

  /// Lets everything happen that is due to a balance, as the sweeper does.
  mutating func advance(_ organization: OrganizationID, _ tokenType: String, to now: Instant) {
    accounts[organization]?.forgetExpiredHolds(now)
    accounts[organization]?.advance(tokenType, to: now)
  }
}

extension SettlementModel.Account {
  mutating func advance(_ tokenType: String, to now: Instant) {
    guard var purse = purses[tokenType] else { return }
    purse.advance(to: now, calendar) { allocation(tokenType, $0) }
    purses[tokenType] = purse
    forgetHolds(of: tokenType, now) { $0.status != .open }
  }

  mutating func forgetExpiredHolds(_ now: Instant) {
    for tokenType in purses.keys { forgetHolds(of: tokenType, now) { $0.expiresAt <= now } }
  }

  /// Lets limits count no longer what was held and not captured.
  private mutating func forgetHolds(
    of tokenType: String, _ now: Instant, where isOver: (ModelPurse.Hold) -> Bool
  ) {
    for (place, hold) in (purses[tokenType]?.holds ?? []).enumerated()
    where hold.isCounted && hold.status != .captured && isOver(hold) {
      purses[tokenType]?.holds[place].isCounted = false
      let charge = charge(hold.userID, hold.feature, tokenType, now)
      limits.giveBack(charge, tokens: hold.amount, uses: 1, countedAt: hold.createdAt, now)
    }
  }

  func charge(_ user: UserID?, _ feature: String?, _ tokenType: String, _ now: Instant) -> ModelLimitBook.Charge {
    ModelLimitBook.Charge(plan: plan(at: now), userID: user, feature: feature, tokenType: tokenType)
  }

  /// The balance that a request is about; nil where it names none that there is.
  func tokenType(_ request: ModelRequest) -> String? {
    switch request.operation {
    case .deduct(let feature, _), .reserve(let feature, _, _): return ModelCatalogue.prices[feature]?.tokenType
    case .refund(let id, _): return charges[id]?.tokenType
    case .capture(let id, _), .release(let id), .extend(let id, _):
      return purses.values.first { $0.holds.contains { $0.id == id } }?.tokenType
    case .topUp(let tokenType, _, _, _), .hold(let tokenType, _, _), .adjust(let tokenType, _), .set(let tokenType, _),
      .reset(let tokenType):
      return ModelCatalogue.tokenTypes.contains(tokenType) ? tokenType : nil
    }
  }

  /// Brings the balance up to date. Where there is none the plan's are made that lack, or an empty one.
  mutating func prepare(_ request: ModelRequest, _ now: Instant) {
    guard let tokenType = tokenType(request) else { return }
    if purses[tokenType] == nil {
      for (missing, allocation) in ModelCatalogue.plans[plan(at: now)]?.allocations ?? [:] where purses[missing] == nil
      {
        purses[missing] = ModelPurse(tokenType: missing, granted: allocation, at: now, calendar)
      }
    }
    if purses[tokenType] == nil, needsBalance(request) { purses[tokenType] = ModelPurse(empty: tokenType, at: now) }
    advance(tokenType, to: now)
  }

  /// Whether a request makes the balance that is not there: what is refused makes none.
  private func needsBalance(_ request: ModelRequest) -> Bool {
    switch request.operation {
    case .topUp, .adjust, .set, .reset: return true
    case .reserve, .hold:
      let cost = cost(request)
      return cost.outcome == nil && cost.tokens == 0
    default: return false
    }
  }

  mutating func decide(_ request: ModelRequest, _ now: Instant) -> ModelAnswer {
    guard let tokenType = tokenType(request) else {
      return switch request.operation {
      case .deduct, .reserve: ModelAnswer("unknown_feature")
      case .refund: ModelAnswer("unknown_transaction")
      case .capture, .release, .extend: ModelAnswer("unknown_reservation")
      default: ModelAnswer("unknown_token_type")
      }
    }
    let cost = cost(request)
    if let outcome = cost.outcome { return ModelAnswer(outcome) }
    advance(tokenType, to: now)
    var purse = purses[tokenType] ?? ModelPurse(empty: tokenType, at: now)
    let answer = decide(request, cost: cost.tokens, &purse, now)
    if answer.outcome == "success" {
      purse.announce()
      if purses[tokenType] != nil { purses[tokenType] = purse }
    }
    return answer
  }

  private mutating func decide(
    _ request: ModelRequest, cost: Int64, _ purse: inout ModelPurse, _ now: Instant
  ) -> ModelAnswer {
    switch request.operation {
    case .deduct: spend(request, cost, &purse, ttlSeconds: nil, now)
    case .reserve(_, _, let ttlSeconds), .hold(_, _, let ttlSeconds):
      spend(request, cost, &purse, ttlSeconds: ttlSeconds ?? 300, now)
    case .refund(let id, let amount): refund(request, id, amount, &purse, now)
    case .topUp(_, let amount, let paymentID, let expiresAt):
      topUp(request, amount, paymentID, expiresAt, &purse, now)
    case .capture(let id, let amount): capture(request, id, amount, &purse, now)
    case .release(let id): release(id, &purse, now)
    case .extend(let id, let ttlSeconds): extend(id, ttlSeconds, &purse, now)
    case .adjust(_, 0): ModelAnswer("amount_out_of_range")
    case .adjust(_, let amount): adjust(request, amount, &purse, now)
    case .set(_, let balance): adjust(request, balance - purse.balance, &purse, now)
    case .reset(let tokenType):
      reset(request, allocation(tokenType, now), &purse, now)
    }
  }
}
