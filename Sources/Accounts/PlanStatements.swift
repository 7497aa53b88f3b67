public import Postgres
public import Tokens

/// Plans and prices, as administrators see and change them.
extension Administration {
  /// All plans, or one, by name.
  ///
  /// - Throws: `PostgresError`.
  public static func plans(only name: String? = nil, on connection: inout Connection) throws -> [Plan] {
    let rows = try connection.query(readPlans, [.optional(name)])
    return try (0..<rows.count).map { row in
      Plan(
        name: try rows.string(row, 0), title: try rows.string(row, 1), allocations: try rows.string(row, 2),
        price: try price(rows, row, 3))
    }
  }

  private static let readPlans = Statement.named(
    """
    SELECT offered.name, offered.title, offered.allocations, price.amount_minor, price.currency \
    FROM tollgate.read_plans($1) AS offered \
    LEFT JOIN tollgate.read_plan_prices($1) AS price ON price.plan = offered.name \
    ORDER BY offered.name
    """, results: .binary)

  /// Makes a plan, or changes what it grants from each balance's next period on. A token type that is left out is granted
  /// no more tokens.
  ///
  /// - Parameters:
  ///   - plan: what is no plan is refused with SQLSTATE `TG400`, an unknown token type with `TG421`. Its price is not
  ///     looked at.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the plan as it is then.
  /// - Throws: `PostgresError`.
  public static func set(_ plan: Plan, on connection: inout Connection) throws -> Plan {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        "SELECT tollgate.set_plan($1, $2, $3::jsonb)",
        [.text(plan.name), .text(plan.title), .text(plan.allocations)])
      guard let written = try plans(only: plan.name, on: &connection).first else {
        throw PostgresError(kind: .decoding, serverMessage: "the plan that was written is not there")
      }
      return written
    }
  }

  /// The same, where an unknown token type is an answer.
  static func change(_ plan: Plan, as actor: Actor?, on connection: inout Connection) throws -> PlanChange {
    do {
      return .made(try connection.acting(as: actor) { try set(plan, on: &$0) })
    } catch let error as PostgresError where error.sqlState == unknownTokenType {
      return .unknownTokenType
    }
  }

  private static let unknownTokenType = SQLState(rawValue: "TG421")

  /// All actions with their present prices, by name.
  ///
  /// - Throws: `PostgresError`.
  public static func actions(on connection: inout Connection) throws -> [Action] {
    try ActionQueries.actions(on: &connection)
  }

  /// An action with every price that it has had; nil for one that there is none of.
  ///
  /// - Throws: `PostgresError`.
  public static func action(_ name: String, on connection: inout Connection) throws -> ActionHistory? {
    try ActionQueries.history(of: name, on: &connection)
  }

  /// Makes an action, or changes its price from the next use on.
  ///
  /// - Throws: `PostgresError`.
  public static func setPrice(of action: ActionPrice, on connection: inout Connection) throws -> Action {
    try ActionQueries.write(action, on: &connection)
  }
}
