/// A balance as of now, a reset that has fallen due included.
public struct Balance: Sendable {
  public var tokenType: String
  /// Tokens, reserved ones included.
  public var balance: Int64
  public var reserved: Int64
  /// Tokens that can be spent: balance − reserved.
  public var available: Int64
  /// Tokens the plan granted for this period.
  public var allocated: Int64
  /// Tokens deducted in this period.
  public var used: Int64
  /// The part of the balance that was bought.
  public var purchased: Int64
  /// The period's end in microseconds since 1970; nil: it never resets.
  public var refreshDateMicroseconds: Int64?
  public var state: BalanceState

  public init(
    tokenType: String, balance: Int64, reserved: Int64, available: Int64, allocated: Int64, used: Int64,
    purchased: Int64, refreshDateMicroseconds: Int64?, state: BalanceState
  ) {
    self.tokenType = tokenType
    self.balance = balance
    self.reserved = reserved
    self.available = available
    self.allocated = allocated
    self.used = used
    self.purchased = purchased
    self.refreshDateMicroseconds = refreshDateMicroseconds
    self.state = state
  }
}
