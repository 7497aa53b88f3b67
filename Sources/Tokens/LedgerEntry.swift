/// One row of the ledger: a movement of a balance, or a refusal. Tokens throughout, where nothing else is said.
public struct LedgerEntry: Sendable {
  public var id: TransactionID
  public var kind: LedgerKind
  public var tokenType: String
  public var feature: String?
  public var userID: UserID?
  /// The caller's own reference.
  public var eventID: String?
  /// Positive: the balance grew.
  public var amount: Int64
  public var balanceBefore: Int64
  public var balanceAfter: Int64
  /// The place among the movements of its balance; nil for what moved none.
  public var sequence: Int64?
  /// Of a refusal its outcome, of another movement its cause.
  public var reason: String?
  /// What a use or a refusal was about, or a reservation holds or lets go.
  public var required: Int64?
  /// What it is about: of a refund the charge, of a reservation, capture or release the reservation, of a top-up or
  /// expiry the pack.
  public var subjectID: TransactionID?
  public var reservationID: ReservationID?
  /// Which of the feature's prices.
  public var priceVersion: Int64?
  /// How many times the price; nil where nothing was used.
  public var units: Int64?
  /// Units of a price with dimensions, as a JSON object.
  public var dimensions: String?
  /// The part of a use that bought tokens paid.
  public var fromPurchased: Int64?
  public var idempotencyKey: String?
  /// A JSON object.
  public var metadata: String
  /// Microseconds since 1970, by the database's clock.
  public var createdAtMicroseconds: Int64

  public init(
    id: TransactionID, kind: LedgerKind, tokenType: String, feature: String?, userID: UserID?, eventID: String?,
    amount: Int64, balanceBefore: Int64, balanceAfter: Int64, sequence: Int64?, reason: String?, required: Int64?,
    subjectID: TransactionID?, reservationID: ReservationID?, priceVersion: Int64?, units: Int64?, dimensions: String?,
    fromPurchased: Int64?, idempotencyKey: String?, metadata: String, createdAtMicroseconds: Int64
  ) {
    self.id = id
    self.kind = kind
    self.tokenType = tokenType
    self.feature = feature
    self.userID = userID
    self.eventID = eventID
    self.amount = amount
    self.balanceBefore = balanceBefore
    self.balanceAfter = balanceAfter
    self.sequence = sequence
    self.reason = reason
    self.required = required
    self.subjectID = subjectID
    self.reservationID = reservationID
    self.priceVersion = priceVersion
    self.units = units
    self.dimensions = dimensions
    self.fromPurchased = fromPurchased
    self.idempotencyKey = idempotencyKey
    self.metadata = metadata
    self.createdAtMicroseconds = createdAtMicroseconds
  }
}

/// A row of the ledger and what explains it, as JSON texts; nil: nothing to say.
public struct ExplainedTransaction: Sendable {
  public var entry: LedgerEntry
  /// Of a refusal: the limit that bound.
  public var boundBy: String?
  /// Of a refusal: seconds after which waiting would have helped.
  public var retryAfterSeconds: Int64?
  /// An object: the price it was made under.
  public var price: String?
  /// An array: what was looked at before it was granted or refused.
  public var limits: String?
  /// An array: the packs that paid.
  public var packs: String?
  /// An array: what was given back of it.
  public var refunds: String?
  /// Tokens given back of it in all.
  public var refundedTotal: Int64?
  /// An object: the reservation it is about.
  public var reservation: String?

  public init(
    entry: LedgerEntry, boundBy: String?, retryAfterSeconds: Int64?, price: String?, limits: String?, packs: String?,
    refunds: String?, refundedTotal: Int64?, reservation: String?
  ) {
    self.entry = entry
    self.boundBy = boundBy
    self.retryAfterSeconds = retryAfterSeconds
    self.price = price
    self.limits = limits
    self.packs = packs
    self.refunds = refunds
    self.refundedTotal = refundedTotal
    self.reservation = reservation
  }
}
