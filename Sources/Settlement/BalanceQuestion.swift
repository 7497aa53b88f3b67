public import Tokens

/// Would this be granted?
public struct BalanceQuestion: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  /// A name in `tollgate.features`.
  public var feature: String
  /// How many times the feature's price.
  public var units: Int64
  /// How much of each dimension, of a feature whose price has them; `units` says nothing then.
  public var dimensions: Dimensions?

  public init(
    organizationID: OrganizationID, spender: Spender, feature: String, units: Int64 = 1, dimensions: Dimensions? = nil
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.feature = feature
    self.units = units
    self.dimensions = dimensions
  }
}

/// What are the balances?
public struct BalanceReading: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender

  public init(organizationID: OrganizationID, spender: Spender) {
    self.organizationID = organizationID
    self.spender = spender
  }
}

/// The balances of an organization, in the order of their token types.
public struct BalanceReport: Sendable {
  /// `success`, `forbidden` or `unknownOrganization`; only a success has balances.
  public var outcome: Outcome
  public var balances: [Balance]
}

extension BalanceQuestion: BatchRequest {
  /// Looking changes nothing.
  var isRepeatable: Bool { true }
  static var changesSomething: Bool { false }
}

extension BalanceReading: BatchRequest {
  /// Looking changes nothing.
  var isRepeatable: Bool { true }
  static var changesSomething: Bool { false }
}
