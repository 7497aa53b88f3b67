public import Postgres
public import Tokens

/// Content budgets, as administrators see and change them.
extension Administration {
  /// Changes an organization's content budget.
  ///
  /// - Parameters:
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - change: an unknown level or counter is refused with SQLSTATE `TG400`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the budget as it is then, and what was deactivated to fit.
  /// - Throws: `PostgresError`.
  public static func changeContentBudget(
    of organizationID: OrganizationID, by change: ContentBudgetChange, on connection: inout Connection
  ) throws -> ChangedContentBudget {
    try connection.joiningTransaction { connection in
      let deactivated = try connection.query(
        setBudget,
        [
          .uuid(organizationID.bits), .optional(change.level), .optional(change.budgetTokens),
          change.deactivatesAutomatically.map(Parameter.boolean) ?? .null, .optional(change.counter),
        ]
      ).string(0, 0)
      return ChangedContentBudget(
        account: try account(of: organizationID, on: &connection), deactivated: deactivated)
    }
  }

  /// Changes how many tokens a content level has, for all organizations of that level at once.
  ///
  /// - Parameters:
  ///   - level: an unknown one is refused with SQLSTATE `TG400`.
  ///   - tokens: 1 to 10^15.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: how many organizations have the level, and how many of their attributes were deactivated to fit.
  /// - Throws: `PostgresError`.
  public static func changeContentLevel(
    _ level: Int64, tokens: Int64, on connection: inout Connection
  ) throws -> (organizationCount: Int64, deactivatedCount: Int64) {
    let rows = try connection.query(setLevel, [.integer(level), .integer(tokens)])
    return (try rows.integer(0, 0), try rows.integer(0, 1))
  }

  /// Deactivates all of an organization's attributes. Twice is once.
  ///
  /// - Parameters:
  ///   - organizationID: whose.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: how many were active, or that the organization is unknown.
  /// - Throws: `PostgresError`.
  public static func resetContentBudget(
    of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> Result<ContentReset, ContentRefusal> {
    try ContentQueries.reset(organizationID, under: nil, on: &connection)
  }

  /// A page of all organizations' content budgets.
  ///
  /// - Parameters:
  ///   - order: which come first.
  ///   - last: only those behind this one, as of now.
  ///   - limit: organizations, at most.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the budgets, also of organizations without content.
  /// - Throws: `PostgresError`.
  public static func contentBudgets(
    by order: ContentBudgetOrder, behind last: OrganizationID? = nil, limit: Int, on connection: inout Connection
  ) throws -> [ContentAccount] {
    let rows = try connection.query(
      readBudgets, [.boolean(order == .percentUsed), .uuid(last?.bits), .integer(Int64(limit))])
    return try (0..<rows.count).map { try account(rows, $0) }
  }

  private static func account(
    of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> ContentAccount {
    try account(connection.query(readBudget, [.uuid(organizationID.bits)]), 0)
  }

  private static let setBudget = Statement.named(
    """
    SELECT tollgate.set_content_budget($1::uuid, $2::bigint::integer, $3::bigint, $4::boolean, $5)::text
    """)

  private static let setLevel = Statement.named(
    """
    SELECT count(*), coalesce(sum(jsonb_array_length(deactivated)), 0)::bigint \
    FROM tollgate.set_content_level($1::bigint::integer, $2::bigint)
    """, results: .binary)

  private static let columns = """
    name, level, level_title, budget_tokens, budget, used, remaining, percent_used, state, \
    deactivates_automatically, counter
    """

  private static let readBudget = Statement.named(
    "SELECT $1::uuid, \(columns) FROM tollgate.read_content_standing($1::uuid)", results: .binary)

  private static let readBudgets = Statement.named(
    """
    SELECT organization_id, \(columns) \
    FROM tollgate.read_content_budgets($1::boolean, $2::uuid, $3::bigint::integer)
    """, results: .binary)

  private static func account(_ rows: borrowing Rows, _ row: Int) throws -> ContentAccount {
    ContentAccount(
      organizationID: OrganizationID(bits: try rows.uuid(row, 0)), name: try rows.string(row, 1),
      standing: ContentStanding(
        level: try rows.optionalInteger(row, 2), levelTitle: try rows.optionalString(row, 3),
        budgetTokens: try rows.optionalInteger(row, 4), budget: try rows.integer(row, 5),
        used: try rows.integer(row, 6), remaining: try rows.integer(row, 7), percentUsed: try rows.integer(row, 8),
        state: try rows.contentState(row, 9), deactivatesAutomatically: try rows.boolean(row, 10),
        counter: try rows.string(row, 11)))
  }
}
