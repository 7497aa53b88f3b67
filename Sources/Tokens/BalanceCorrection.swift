/// What an administrator made of a balance, in tokens.
public struct BalanceCorrection: Sendable {
  /// Its row in the ledger.
  public var transactionID: TransactionID
  public var tokenType: String
  public var balanceBefore: Int64
  public var balanceAfter: Int64
  /// Tokens that can be spent then.
  public var available: Int64

  public init(
    transactionID: TransactionID, tokenType: String, balanceBefore: Int64, balanceAfter: Int64, available: Int64
  ) {
    self.transactionID = transactionID
    self.tokenType = tokenType
    self.balanceBefore = balanceBefore
    self.balanceAfter = balanceAfter
    self.available = available
  }
}
