/// What an answer says besides its numbers. Which members it has depends on the operation.
public struct SettlementDetails: Sendable, Equatable {
  /// Tokens of a refund, a top-up or a reservation.
  public var amount: Int64?
  /// Tokens of the charge that were given back by now, those of this refund included.
  public var refundedTotal: Int64?
  /// When a top-up or a reservation ends, in microseconds since 1970.
  public var expiresAtMicroseconds: Int64?
  /// Tokens of a reservation that were charged, and that were let go.
  public var captured: Int64?
  public var released: Int64?
  /// Of a refusal: what bound, `balance`, `critical_threshold` or the name of a limit.
  public var limit: String?
  /// Of a refusal where waiting helps: for how long.
  public var retryAfterSeconds: Int64?

  public init() {}
}
