/// What a row of the ledger is about. The names are those of the view `tollgate.ledger`.
public enum LedgerKind: String, Sendable, CaseIterable {
  /// The plan's tokens for a period, or what a bucket regained.
  case allocation
  /// A feature was used.
  case deduction
  /// Tokens of a charge came back.
  case refund
  /// Tokens were bought.
  case topUp = "top_up"
  /// A period ended.
  case reset
  /// Bought tokens that nobody spent in time.
  case expiry
  /// Tokens were held; moves nothing.
  case reservation
  /// Held tokens were charged.
  case capture
  /// Held tokens were let go; moves nothing.
  case release
  /// A balance was changed by hand.
  case adjustment
  /// A request that was not granted; moves nothing.
  case refusal
}
