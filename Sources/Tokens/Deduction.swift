/// A request to spend tokens on a feature.
public struct Deduction: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  /// A name in `tollgate.features`.
  public var feature: String
  /// How many times the feature's price.
  public var units: Int64
  /// How much of each dimension, of a feature whose price has them; `units` says nothing then.
  public var dimensions: Dimensions?
  public var idempotencyKey: IdempotencyKey?
  /// The caller's own reference, kept with the use.
  public var eventID: String?
  /// A JSON object of at most 8 KiB, kept with the use; nil for none.
  public var metadata: String?
  /// What this request will be called in the ledger if it is not a replay.
  public var transactionID: TransactionID

  public init(
    organizationID: OrganizationID, spender: Spender, feature: String, units: Int64 = 1, dimensions: Dimensions? = nil,
    idempotencyKey: IdempotencyKey? = nil, eventID: String? = nil, metadata: String? = nil,
    transactionID: TransactionID
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.feature = feature
    self.units = units
    self.dimensions = dimensions
    self.idempotencyKey = idempotencyKey
    self.eventID = eventID
    self.metadata = metadata
    self.transactionID = transactionID
  }
}
