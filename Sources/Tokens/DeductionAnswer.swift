/// What PostgreSQL decided about one deduction, or one movement.
public struct DeductionAnswer: Sendable {
  public var outcome: Outcome
  /// Tokens moved or refused; nil where `outcome` came before anything was counted.
  public var settlement: SettledDeduction?
  /// The plan's name as people read it; nil for an organization without one.
  public var planTitle: String?
  /// True when the answer was given before, under the same key.
  public var isReplay: Bool
  /// What else there is to say: of a refusal what bound, of another movement than a deduction what it did.
  public var details: SettlementDetails?

  public init(
    outcome: Outcome, settlement: SettledDeduction?, planTitle: String?, isReplay: Bool,
    details: SettlementDetails? = nil
  ) {
    self.outcome = outcome
    self.settlement = settlement
    self.planTitle = planTitle
    self.isReplay = isReplay
    self.details = details
  }
}

/// A deduction or another movement with its numbers: granted, or refused for the balance's or a limit's sake.
public struct SettledDeduction: Sendable {
  public var transactionID: TransactionID
  public var tokenType: String
  /// Tokens asked for, or moved.
  public var cost: Int64
  /// Tokens before and after; equal for a refusal.
  public var balanceBefore: Int64
  public var balanceAfter: Int64
  /// Tokens that can be spent: the balance after without what is reserved.
  public var available: Int64
  public var state: BalanceState
  /// Microseconds since 1970, by the database's clock.
  public var createdAtMicroseconds: Int64

  public init(
    transactionID: TransactionID, tokenType: String, cost: Int64, balanceBefore: Int64, balanceAfter: Int64,
    available: Int64, state: BalanceState, createdAtMicroseconds: Int64
  ) {
    self.transactionID = transactionID
    self.tokenType = tokenType
    self.cost = cost
    self.balanceBefore = balanceBefore
    self.balanceAfter = balanceAfter
    self.available = available
    self.state = state
    self.createdAtMicroseconds = createdAtMicroseconds
  }
}
