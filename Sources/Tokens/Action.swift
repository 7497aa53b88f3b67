/// What tokens are spent on, and what an administrator says of it.
public struct ActionPrice: Sendable {
  /// A name in `tollgate.features`: a lower-case letter and up to 62 lower-case letters, digits or underscores.
  public var name: String
  public var tokenType: String
  public var price: Price
  /// For people; may be empty.
  public var description: String
  /// `single`, `composite`, `batch`, or nil.
  public var endpointType: String?

  public init(name: String, tokenType: String, price: Price, description: String = "", endpointType: String? = nil) {
    self.name = name
    self.tokenType = tokenType
    self.price = price
    self.description = description
    self.endpointType = endpointType
  }
}

/// What an action costs.
public enum Price: Sendable {
  /// Tokens a unit, from 0.
  case cost(Int64)
  /// Tokens for each 1, 1000 or 1000000 of a dimension: a JSON object, as `{"input":{"tokens":3,"per":1000}}`.
  case rates(String)
}

/// An action with its present price.
public struct Action: Sendable {
  public var price: ActionPrice
  /// Counts the prices that it has had.
  public var priceVersion: Int64

  public init(price: ActionPrice, priceVersion: Int64) {
    self.price = price
    self.priceVersion = priceVersion
  }
}

/// What became of a new price.
public enum PriceChange: Sendable {
  case made(Action)
  /// It is no price; the reason is a sentence for the administrator who sent it.
  case refused(reason: String)
}

extension Action {
  /// Whether an action may be called so: as dimensions are, with 1 to 63 lower-case letters, digits or underscores.
  public static func isName(_ name: String) -> Bool { Dimensions.isName(name) }
}
