/// A balance as it was at an instant, as far as the ledger tells.
public struct PastBalance: Sendable {
  public var tokenType: String
  /// Tokens, reserved ones included.
  public var balance: Int64
  public var reserved: Int64
  /// Tokens that could be spent: balance − reserved.
  public var available: Int64

  public init(tokenType: String, balance: Int64, reserved: Int64, available: Int64) {
    self.tokenType = tokenType
    self.balance = balance
    self.reserved = reserved
    self.available = available
  }
}
