/// A refusal that nobody settled: a guard looked at the balance and let nobody through.
public struct CheckedRefusal: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  /// A name in `tollgate.features`.
  public var feature: String
  /// Why.
  public var outcome: Outcome
  public var tokenType: String
  /// Tokens it would have cost, by this price.
  public var required: Int64
  public var priceVersion: Int64?
  /// Tokens there were.
  public var balance: Int64
  /// What bound, where that has a name.
  public var limit: String?
  /// The request that was refused.
  public var eventID: String
  /// What the refusal is called in the ledger.
  public var transactionID: TransactionID

  public init(
    organizationID: OrganizationID, spender: Spender, feature: String, outcome: Outcome, tokenType: String,
    required: Int64, priceVersion: Int64?, balance: Int64, limit: String?, eventID: String,
    transactionID: TransactionID
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.feature = feature
    self.outcome = outcome
    self.tokenType = tokenType
    self.required = required
    self.priceVersion = priceVersion
    self.balance = balance
    self.limit = limit
    self.eventID = eventID
    self.transactionID = transactionID
  }
}
