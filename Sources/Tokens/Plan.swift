/// What an organization can subscribe to.
public struct Plan: Sendable {
  /// A name in `tollgate.plans`.
  public var name: String
  /// The name people read, 1 to 200 characters.
  public var title: String
  /// Tokens that it grants for a period, by token type: a JSON object.
  public var allocations: String
  /// What estimates take 30 days of it to cost; nil: it has no price. It is set by itself, and not with the plan.
  public var price: Money?

  public init(name: String, title: String, allocations: String, price: Money? = nil) {
    self.name = name
    self.title = title
    self.allocations = allocations
    self.price = price
  }

  public static let titleLengthRange = 1...200
}

/// What became of a plan's change.
public enum PlanChange: Sendable {
  case made(Plan)
  case unknownTokenType
}
