/// A price that an action has, or had.
public struct PriceVersion: Sendable {
  /// Counts the prices of the action; a charge keeps the one it was made under.
  public var version: Int64
  public var tokenType: String
  public var price: Price
  /// Microseconds since 1970.
  public var validFromMicroseconds: Int64

  public init(version: Int64, tokenType: String, price: Price, validFromMicroseconds: Int64) {
    self.version = version
    self.tokenType = tokenType
    self.price = price
    self.validFromMicroseconds = validFromMicroseconds
  }
}

/// An action with every price that it has had, the newest first.
public struct ActionHistory: Sendable {
  public var action: Action
  public var versions: [PriceVersion]

  public init(action: Action, versions: [PriceVersion]) {
    self.action = action
    self.versions = versions
  }
}
