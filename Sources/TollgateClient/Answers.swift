public import Foundation

/// How urgent a balance is.
public enum BalanceState: String, Sendable {
  case safe, warning, critical, exhausted
  /// One that this client does not know.
  case unknown
}

/// A charge that was made.
public struct Deduction: Sendable, Equatable {
  /// What `refund` takes.
  public let transactionID: TransactionID
  public let organizationID: OrganizationID
  public let tokenType: String
  public let featureUsed: String
  /// Tokens.
  public let cost: Int
  public let balanceBefore: Int
  public let balanceAfter: Int
  public let state: BalanceState
  public let createdAt: Date
}

/// Tokens that are held for work that is not done yet.
public struct Reservation: Sendable, Equatable {
  public let id: ReservationID
  public let tokenType: String
  /// Tokens held.
  public let amount: Int
  /// When they come back by themselves, by Tollgate's clock.
  public let expiresAt: Date
  /// Of the organization: tokens there, tokens held, tokens left to spend.
  public let balance: Int
  public let reserved: Int
  public let available: Int
  public let state: BalanceState
}

/// A reservation that became a charge.
public struct Capture: Sendable, Equatable {
  public let reservationID: ReservationID
  /// What `refund` takes.
  public let transactionID: TransactionID
  /// Tokens charged, and tokens let go.
  public let captured: Int
  public let released: Int
  public let balance: Int
  public let reserved: Int
  public let available: Int
  public let state: BalanceState
}

/// A reservation that was let go.
public struct Release: Sendable, Equatable {
  public let reservationID: ReservationID
  /// Tokens let go.
  public let released: Int
  public let balance: Int
  public let reserved: Int
  public let available: Int
}

/// A charge given back, or a part of it.
public struct Refund: Sendable, Equatable {
  public let id: TransactionID
  /// The charge.
  public let transactionID: TransactionID
  /// Tokens given back by this refund, and by all of this charge.
  public let amount: Int
  public let refundedTotal: Int
  public let balanceAfter: Int
}

/// One balance of an organization. Tokens throughout.
public struct Balance: Sendable, Equatable {
  public let tokenType: String
  public let balance: Int
  public let reserved: Int
  /// What can be spent.
  public let available: Int
  /// Per period, used in this one, and bought on top.
  public let allocated: Int
  public let used: Int
  public let purchased: Int
  /// When the next period begins; nil where there are none.
  public let refreshDate: Date?
  public let state: BalanceState
}

/// What tokens are spent on.
public struct Action: Sendable, Equatable {
  public let name: String
  public let tokenType: String
  /// Tokens per unit; nil for a price with dimensions.
  public let cost: Int?
  /// `single`, `composite` or `batch`, for actions behind an endpoint.
  public let endpointType: String?
  public let description: String?
}

/// Whether an action could be performed now. Nothing is held, so that a moment later it may be different.
public struct ActionCheck: Sendable, Equatable {
  public let isAllowed: Bool
  public let tokenType: String?
  /// Tokens.
  public let required: Int
  public let balance: Int
  public let available: Int
  /// Why not, as a stable name, and as a sentence: what a batch job ends with.
  public let code: String?
  public let reason: String?
  /// Where waiting helps: whole seconds.
  public let retryAfterSeconds: Int?
}
