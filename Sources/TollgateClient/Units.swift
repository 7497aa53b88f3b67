internal import JSON

/// How often, or how much of, a feature is used.
public enum Units: Sendable, Equatable, ExpressibleByIntegerLiteral {
  /// So many times the price. At least 1.
  case count(Int)
  /// For a price with dimensions: how much of each, as `["input": 1200, "output": 300]`.
  case dimensions([String: Int])

  public init(integerLiteral value: Int) { self = .count(value) }

  var json: JSONValue {
    switch self {
    case .count(let count): .integer(Int64(count))
    case .dimensions(let amounts):
      .object(.init(amounts.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
    }
  }
}

extension JSONObject {
  /// Members in this order; of two with one name the last counts.
  init(_ members: [(name: String, value: JSONValue)]) {
    self.init()
    for member in members { self[member.name] = member.value }
  }
}
