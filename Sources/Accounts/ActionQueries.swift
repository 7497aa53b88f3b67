import Postgres
import Tokens

/// What tokens are spent on, and what that costs.
enum ActionQueries {
  static func actions(on connection: inout Connection) throws -> [Action] {
    let rows = try connection.query(read)
    return try (0..<rows.count).map { try action(rows, $0) }
  }

  static func setPrice(
    of action: ActionPrice, as actor: Actor?, on connection: inout Connection
  ) throws -> PriceChange {
    do {
      return .made(try connection.acting(as: actor) { try write(action, on: &$0) })
    } catch let error as PostgresError where error.sqlState == notAPrice {
      return .refused(reason: error.serverMessage ?? "This is no price.")
    }
  }

  static func write(_ action: ActionPrice, on connection: inout Connection) throws -> Action {
    try self.action(connection.query(writePrice, parameters(action)), 0)
  }

  /// An action with every price that it has had; nil for one that there is none of.
  static func history(of name: String, on connection: inout Connection) throws -> ActionHistory? {
    let actions = try actions(on: &connection)
    guard let action = actions.first(where: { $0.price.name == name }) else { return nil }
    let rows = try connection.query(readPrices, [.text(name)])
    return ActionHistory(
      action: action,
      versions: try (0..<rows.count).map { row in
        PriceVersion(
          version: try rows.integer(row, 0), tokenType: try rows.string(row, 1),
          price: try rows.optionalString(row, 3).map(Price.rates) ?? .cost(try rows.integer(row, 2)),
          validFromMicroseconds: try rows.instant(row, 4))
      })
  }

  private static let readPrices = Statement.named(
    """
    SELECT price_version::bigint, token_type, cost, rates::text, valid_from FROM tollgate.read_prices($1)
    """, results: .binary)

  /// What `tollgate.set_price` raises for what is no price, with a sentence that may be shown.
  private static let notAPrice = SQLState(rawValue: "TG400")

  private static let columns = """
    feature, token_type, cost, rates::text, description, endpoint_type, price_version::bigint
    """
  private static let read = Statement.named("SELECT \(columns) FROM tollgate.read_actions()")
  private static let writePrice = Statement.named(
    "SELECT \(columns) FROM tollgate.set_price($1, $2, $3::bigint, $4::jsonb, $5, $6)")

  private static func parameters(_ action: ActionPrice) -> [Parameter] {
    let cost: Int64?
    let rates: String?
    switch action.price {
    case .cost(let tokens): (cost, rates) = (tokens, nil)
    case .rates(let object): (cost, rates) = (nil, object)
    }
    return [
      .text(action.name), .text(action.tokenType), .optional(cost), .optional(rates), .text(action.description),
      .optional(action.endpointType),
    ]
  }

  private static func action(_ rows: borrowing Rows, _ row: Int) throws -> Action {
    Action(
      price: ActionPrice(
        name: try rows.string(row, 0), tokenType: try rows.string(row, 1),
        price: try rows.optionalString(row, 3).map(Price.rates) ?? .cost(try rows.integer(row, 2)),
        description: try rows.string(row, 4), endpointType: try rows.optionalString(row, 5)),
      priceVersion: try rows.integer(row, 6))
  }
}
