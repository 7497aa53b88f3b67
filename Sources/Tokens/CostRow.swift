/// What an organization used of a feature on a day: a row of an export to FinOps tools.
public struct CostRow: Sendable {
  /// The start of the day (UTC), in microseconds since 1970.
  public var dayMicroseconds: Int64
  public var organizationID: OrganizationID
  public var organizationName: String
  /// ISO 4217, of the price of the organization's plan; nil: it has none.
  public var currency: String?
  public var tokenType: String
  public var feature: String
  public var uses: Int64
  public var tokens: Int64
  public var refusals: Int64

  public init(
    dayMicroseconds: Int64, organizationID: OrganizationID, organizationName: String, currency: String?,
    tokenType: String, feature: String, uses: Int64, tokens: Int64, refusals: Int64
  ) {
    self.dayMicroseconds = dayMicroseconds
    self.organizationID = organizationID
    self.organizationName = organizationName
    self.currency = currency
    self.tokenType = tokenType
    self.feature = feature
    self.uses = uses
    self.tokens = tokens
    self.refusals = refusals
  }
}

/// Money: so many of a currency's smallest unit.
public struct Money: Sendable {
  /// What a price may be.
  public static let range: ClosedRange<Int64> = 0...1_000_000_000_000

  public var amountMinor: Int64
  /// ISO 4217.
  public var currency: String

  public init(amountMinor: Int64, currency: String) {
    self.amountMinor = amountMinor
    self.currency = currency
  }
}
