import Tokens

extension DeductionAnswer {
  /// The answer in words: `success 3: 20 → 17 safe`, `again` at the end of a replay.
  var brief: String {
    var words = outcome.rawValue
    if let settlement {
      words += " \(settlement.cost): \(settlement.balanceBefore) → \(settlement.balanceAfter) \(settlement.state)"
    }
    return isReplay ? words + " again" : words
  }
}

/// Everything about an answer that a replay repeats.
struct Numbers: Equatable {
  let outcome: Outcome
  let transactionID: TransactionID?
  let tokenType: String?
  let numbers: [Int64?]
  let state: BalanceState?

  init(_ answer: DeductionAnswer) {
    outcome = answer.outcome
    transactionID = answer.settlement?.transactionID
    tokenType = answer.settlement?.tokenType
    numbers = [
      answer.settlement?.cost, answer.settlement?.balanceBefore, answer.settlement?.balanceAfter,
      answer.settlement?.available, answer.settlement?.createdAtMicroseconds,
    ]
    state = answer.settlement?.state
  }
}
