import Tokens

extension SettlementModel.Account {
  private static let largestBalance: Int64 = 1_000_000_000_000_000_000

  mutating func refund(
    _ request: ModelRequest, _ id: TransactionID, _ asked: Int64?, _ purse: inout ModelPurse, _ now: Instant
  ) -> ModelAnswer {
    guard var charge = charges[id] else { return ModelAnswer("unknown_transaction") }
    let left = charge.amount - charge.refunded
    if left <= 0 { return ModelAnswer("already_refunded") }
    let amount = asked ?? left
    if amount < 1 { return ModelAnswer("amount_out_of_range") }
    if amount > left { return ModelAnswer("refund_exceeds_charge") }
    // What was bought was spent last, and comes back first.
    let bought = min(amount, charge.purchased - charge.refundedToPurchased)
    charge.refunded += amount
    charge.refundedToPurchased += bought
    charges[id] = charge
    let before = purse.balance
    let expiresAt = purse.lastExpiry(after: now)
    purse.add(amount, bought: bought, id: request.transactionID, expiresAt: expiresAt)
    purse.used = max(0, purse.used - amount)
    return answer(
      "success", request.transactionID, amount, before, purse,
      ["amount": "\(amount)", "refundedTotal": "\(charge.refunded)"], now)
  }

  mutating func topUp(
    _ request: ModelRequest, _ amount: Int64, _ paymentID: String, _ asked: Instant?, _ purse: inout ModelPurse,
    _ now: Instant
  ) -> ModelAnswer {
    if let payment = payments[paymentID] {
      guard payment.tokenType == purse.tokenType, payment.amount == amount,
        (asked ?? payment.expiresAt) == payment.expiresAt
      else { return ModelAnswer("payment_conflict") }
      // The first answer, but for what can be spent now.
      var answer = payment.answer
      answer.numbers[3] = purse.available
      answer.state = purse.state
      answer.isReplay = true
      return answer
    }
    let expiresAt = asked ?? ModelCalendar.utc.adding(months: 12, to: now)
    guard TokenAmount.range.contains(amount), purse.balance <= Self.largestBalance - amount, expiresAt > now else {
      return ModelAnswer("amount_out_of_range")
    }
    let before = purse.balance
    purse.add(amount, bought: amount, id: request.transactionID, expiresAt: expiresAt)
    if purse.periodEnd == nil { purse.announced = min(purse.announced, purse.level) }
    let answer = answer(
      "success", request.transactionID, amount, before, purse,
      [
        "amount": "\(amount)", "paymentId": "\"\(paymentID)\"", "expiresAtMicroseconds": "\(expiresAt)",
      ], now)
    payments[paymentID] = SettlementModel.Payment(
      tokenType: purse.tokenType, amount: amount, expiresAt: expiresAt, answer: answer)
    return answer
  }

  func adjust(_ request: ModelRequest, _ amount: Int64, _ purse: inout ModelPurse, _ now: Instant) -> ModelAnswer {
    let before = purse.balance
    let (after, overflows) = before.addingReportingOverflow(amount)
    guard amount.magnitude <= UInt64(TokenAmount.range.upperBound), !overflows, after <= Self.largestBalance,
      after - purse.reserved >= -purse.overdraft
    else { return ModelAnswer("amount_out_of_range") }
    purse.move(by: amount)
    if purse.periodEnd == nil { purse.announced = min(purse.announced, purse.level) }
    return answer("success", request.transactionID, amount, before, purse, ["amount": "\(amount)"], now)
  }

  func reset(
    _ request: ModelRequest, _ allocation: ModelCatalogue.Allocation?, _ purse: inout ModelPurse, _ now: Instant
  ) -> ModelAnswer {
    let before = purse.balance
    purse.reset(allocation)
    let amount = purse.balance - before
    return answer("success", request.transactionID, amount, before, purse, ["amount": "\(amount)"], now)
  }
}
