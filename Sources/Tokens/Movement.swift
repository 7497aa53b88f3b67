/// A request that moves or holds tokens in another way than units × a price.
public struct Movement: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  public var operation: Operation
  public var idempotencyKey: IdempotencyKey?
  /// The caller's own reference, kept with what is written.
  public var eventID: String?
  /// A JSON object of at most 8 KiB, kept with what is written; nil for none.
  public var metadata: String?
  /// What this request will be called in the ledger if it is not a replay.
  public var transactionID: TransactionID
  /// Whom the audit log has an administrator's movement under; nil: the server's login.
  public var actor: Actor?

  public init(
    organizationID: OrganizationID, spender: Spender, operation: Operation, idempotencyKey: IdempotencyKey? = nil,
    eventID: String? = nil, metadata: String? = nil, transactionID: TransactionID, actor: Actor? = nil
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.operation = operation
    self.idempotencyKey = idempotencyKey
    self.eventID = eventID
    self.metadata = metadata
    self.transactionID = transactionID
    self.actor = actor
  }

  /// What is to happen. Amounts are tokens.
  public enum Operation: Sendable {
    /// Spends on a feature whose price has dimensions.
    case deduct(feature: String, Dimensions)
    /// Gives a charge back, or a part of it; without an amount what is left of it.
    case refund(of: TransactionID, amount: Int64?, reason: String?)
    /// Adds bought tokens.
    case topUp(TopUp)
    /// Holds tokens for work that is not done yet.
    case reserve(Reservable, ttlSeconds: Int64)
    /// Charges what was held, or another amount, and lets the rest go.
    case capture(ReservationID, amount: Int64?)
    /// Lets go what was held.
    case release(ReservationID)
    /// Holds for so long from now on.
    case extend(ReservationID, ttlSeconds: Int64)
    /// An administrator's correction of a balance.
    case adjust(tokenType: String, Adjustment, reason: String?)
    /// An administrator's reset before it is due.
    case reset(tokenType: String)
  }

  /// Bought tokens. A payment counts once, however often it is told.
  public struct TopUp: Sendable {
    public var tokenType: String
    public var amount: Int64
    /// The payment's name at whoever took the money.
    public var paymentID: String
    /// Microseconds since 1970; nil: 12 months from now.
    public var expiresAtMicroseconds: Int64?

    public init(tokenType: String, amount: Int64, paymentID: String, expiresAtMicroseconds: Int64? = nil) {
      self.tokenType = tokenType
      self.amount = amount
      self.paymentID = paymentID
      self.expiresAtMicroseconds = expiresAtMicroseconds
    }
  }

  /// What tokens are held for.
  public enum Reservable: Sendable {
    /// A use of a feature, at its price: so many units, or dimensions where the price has them.
    case feature(String, units: Int64, dimensions: Dimensions?)
    /// Tokens of a type.
    case tokens(tokenType: String, amount: Int64)
  }

  /// How a balance is corrected.
  public enum Adjustment: Sendable {
    /// By tokens more, or fewer where it is negative.
    case amount(Int64)
    /// To a figure that is known from elsewhere.
    case balance(Int64)
  }
}

extension Movement {
  /// The same request as a movement; nil for units × a price, which is none.
  public init?(_ deduction: Deduction) {
    guard let dimensions = deduction.dimensions else { return nil }
    self.init(
      organizationID: deduction.organizationID, spender: deduction.spender,
      operation: .deduct(feature: deduction.feature, dimensions), idempotencyKey: deduction.idempotencyKey,
      eventID: deduction.eventID, metadata: deduction.metadata, transactionID: deduction.transactionID)
  }
}

/// A deduction is a movement, too, and all are answered alike.
public typealias MovementAnswer = DeductionAnswer
