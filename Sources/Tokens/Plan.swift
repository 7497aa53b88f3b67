/// What an organization can subscribe to.
public struct Plan: Sendable {
  /// A name in `tollgate.plans`.
  public var name: String
  /// The name people read, 1 to 200 characters.
  public var title: String
  /// Tokens that it grants for a period, by token type: a JSON object.
  public var allocations: String

  public init(name: String, title: String, allocations: String) {
    self.name = name
    self.title = title
    self.allocations = allocations
  }

  public static let titleLengthRange = 1...200
}

/// What became of a plan's change.
public enum PlanChange: Sendable {
  case made(Plan)
  case unknownTokenType
}
