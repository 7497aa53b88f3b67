import Tokens

extension SettlementModel.Account {
  /// Tokens that are asked for; an outcome where they cannot be counted, whatever the balance is.
  func cost(_ request: ModelRequest) -> (tokens: Int64, outcome: String?) {
    var priced: (tokens: Int64, outcome: String?) = (0, nil)
    switch request.operation {
    case .hold(_, let amount, _):
      priced = TokenAmount.range.contains(amount) ? (amount, nil) : (0, "amount_out_of_range")
    case .deduct(let feature, let units), .reserve(let feature, let units, _):
      priced = price(ModelCatalogue.prices[feature]?.price, units)
    default: break
    }
    switch request.operation {
    case .reserve(_, _, let ttlSeconds?), .hold(_, _, let ttlSeconds?):
      if priced.outcome == nil, !(1...86_400).contains(ttlSeconds) { return (0, "amount_out_of_range") }
    default: break
    }
    return priced
  }

  private func price(_ price: ModelCatalogue.Price?, _ units: ModelRequest.Units) -> (tokens: Int64, outcome: String?) {
    let limit = TokenAmount.range.upperBound
    switch (price, units) {
    case (.perUnit(let each), .count(let units)):
      let (cost, overflows) = units.multipliedReportingOverflow(by: each)
      guard TokenAmount.range.contains(units), !overflows, cost <= limit else { return (0, "amount_out_of_range") }
      return (cost, nil)
    case (.rates(let rates), .dimensions(let dimensions)):
      guard !dimensions.isEmpty, dimensions.allSatisfy({ rates[$0.key] != nil && (0...limit).contains($0.value) })
      else { return (0, "invalid_units") }
      // In millionths of a token, and rounded up once.
      let millionths = dimensions.reduce(Int128(0)) { sum, part in
        sum + Int128(part.value) * Int128(rates[part.key]?.tokens ?? 0)
          * Int128(1_000_000 / (rates[part.key]?.per ?? 1))
      }
      let tokens = (millionths + 999_999) / 1_000_000
      return tokens <= Int128(limit) ? (Int64(tokens), nil) : (0, "amount_out_of_range")
    default: return (0, "invalid_units")
    }
  }

  /// A deduction, or a reservation where it has a time to live.
  mutating func spend(
    _ request: ModelRequest, _ cost: Int64, _ purse: inout ModelPurse, ttlSeconds: Int64?, _ now: Instant
  ) -> ModelAnswer {
    let before = purse.balance
    var details: [String: String?] = [:]
    var outcome = spendingOutcome(cost, purse, isEstimate: ttlSeconds != nil, &details, now)
    let charge = charge(request.spender.userID, request.feature, purse.tokenType, now)
    if outcome == "success" {
      if let bound = limits.binding(charge, cost: cost, now) {
        outcome = "limit_reached"
        details = ["limit": "\"\(bound.name)\"", "retryAfterSeconds": bound.seconds.map { "\($0)" }]
      } else {
        limits.count(charge, tokens: cost, uses: 1, now)
      }
    } else if ["insufficient_tokens", "critical_balance", "not_on_plan"].contains(outcome) {
      limits.count(charge, refusals: 1, now)
    }
    if outcome == "success", let ttlSeconds {
      let expiresAt = now + ttlSeconds * 1_000_000
      purse.holds.append(
        ModelPurse.Hold(
          id: request.transactionID, amount: cost, feature: request.feature, userID: request.spender.userID,
          createdAt: now, expiresAt: expiresAt))
      details = ["amount": "\(cost)", "expiresAtMicroseconds": "\(expiresAt)"]
    } else if outcome == "success" {
      let bought = purse.charge(cost)
      charges[request.transactionID] = SettlementModel.Charge(
        tokenType: purse.tokenType, amount: cost, purchased: bought)
    }
    var answer = answer(outcome, request.transactionID, cost, before, purse, details, now)
    if outcome == "not_on_plan" { answer.planTitle = ModelCatalogue.plans[plan(at: now)]?.title }
    return answer
  }

  /// Whether the balance has so much; the overdraft is for what was really used.
  private func spendingOutcome(
    _ cost: Int64, _ purse: ModelPurse, isEstimate: Bool, _ details: inout [String: String?], _ now: Instant
  ) -> String {
    if isSuspended { return "organization_suspended" }
    let overdraft = isEstimate ? 0 : purse.overdraft
    let missing = cost - purse.available - overdraft
    if cost == 0 || missing <= 0 {
      guard purse.tokenType == ModelCatalogue.blocksWhenCritical, purse.available < 20 else { return "success" }
      details = ["limit": "\"critical_threshold\""]
      return "critical_balance"
    }
    if let allocation = allocation(purse.tokenType, now), let each = allocation.refillMicroseconds,
      let refilledAt = purse.refilledAt,
      cost <= allocation.tokens + purse.purchased + overdraft - purse.reserved
    {
      let wait = missing * each - (now - refilledAt)
      details = ["limit": "\"balance\"", "retryAfterSeconds": "\(max(1, (wait + 999_999) / 1_000_000))"]
      return "refilling"
    }
    if purse.allocated == 0, purse.available <= 0, ModelCatalogue.isPlanned(purse.tokenType) { return "not_on_plan" }
    details = ["limit": "\"balance\""]
    return "insufficient_tokens"
  }

  func answer(
    _ outcome: String, _ id: TransactionID, _ amount: Int64, _ before: Int64, _ purse: ModelPurse,
    _ details: [String: String?], _ now: Instant
  ) -> ModelAnswer {
    var answer = ModelAnswer(outcome)
    answer.transactionID = id
    answer.tokenType = purse.tokenType
    answer.numbers = [amount, before, purse.balance, purse.available]
    answer.state = purse.state
    answer.details = ModelAnswer.document(details)
    answer.createdAt = now
    return answer
  }

  mutating func capture(
    _ request: ModelRequest, _ id: TransactionID, _ amount: Int64?, _ purse: inout ModelPurse, _ now: Instant
  ) -> ModelAnswer {
    guard let place = purse.holds.firstIndex(where: { $0.id == id && $0.status == .open }) else {
      return ModelAnswer("reservation_closed")
    }
    let hold = purse.holds[place]
    let charged = amount ?? hold.amount
    guard charged >= min(1, hold.amount), charged <= TokenAmount.range.upperBound else {
      return ModelAnswer("amount_out_of_range")
    }
    let before = purse.balance
    if charged > hold.amount, charged - hold.amount > purse.available + purse.overdraft {
      var refusal = answer(
        "insufficient_tokens", request.transactionID, charged, before, purse, ["limit": "\"balance\""], now)
      // To this charge what is held is available, too.
      refusal.numbers[3] += hold.amount
      return refusal
    }
    purse.holds[place].status = .captured
    purse.holds[place].captured = charged
    let bought = purse.charge(charged)
    charges[request.transactionID] = SettlementModel.Charge(
      tokenType: purse.tokenType, amount: charged, purchased: bought)
    // Its use was counted when it was reserved.
    let use = charge(hold.userID, hold.feature, purse.tokenType, now)
    if charged > hold.amount { limits.count(use, tokens: charged - hold.amount, now) }
    if charged < hold.amount {
      limits.giveBack(use, tokens: hold.amount - charged, uses: 0, countedAt: hold.createdAt, now)
    }
    return answer(
      "success", request.transactionID, charged, before, purse,
      ["captured": "\(charged)", "released": "\(max(0, hold.amount - charged))"], now)
  }

  mutating func release(_ id: TransactionID, _ purse: inout ModelPurse, _ now: Instant) -> ModelAnswer {
    guard let place = purse.holds.firstIndex(where: { $0.id == id && $0.status == .open }) else {
      return ModelAnswer("reservation_closed")
    }
    purse.holds[place].status = .released
    purse.holds[place].isCounted = false
    let hold = purse.holds[place]
    limits.giveBack(
      charge(hold.userID, hold.feature, purse.tokenType, now), tokens: hold.amount, uses: 1, countedAt: hold.createdAt,
      now)
    return answer("success", id, hold.amount, purse.balance, purse, ["released": "\(hold.amount)"], now)
  }

  func extend(_ id: TransactionID, _ ttlSeconds: Int64, _ purse: inout ModelPurse, _ now: Instant) -> ModelAnswer {
    guard (1...86_400).contains(ttlSeconds) else { return ModelAnswer("amount_out_of_range") }
    guard let place = purse.holds.firstIndex(where: { $0.id == id && $0.status == .open }) else {
      return ModelAnswer("reservation_closed")
    }
    purse.holds[place].expiresAt = now + ttlSeconds * 1_000_000
    let hold = purse.holds[place]
    return answer(
      "success", id, hold.amount, purse.balance, purse,
      ["amount": "\(hold.amount)", "expiresAtMicroseconds": "\(hold.expiresAt)"], now)
  }
}
