public import Postgres
public import Tokens

/// What an operator changes, as statements on a connection that the operator brings.
public enum Administration {
  /// Makes an organization with the balances of its plan.
  ///
  /// - Parameters:
  ///   - name: 1 to 200 characters.
  ///   - plan: a name in `tollgate.plans`; another is refused with SQLSTATE `TG400`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the new organization's id.
  /// - Throws: `PostgresError`.
  public static func createOrganization(
    name: String, plan: String, on connection: inout Connection
  ) throws -> OrganizationID {
    try identifier(connection.query("SELECT tollgate.create_organization($1, $2)", [.text(name), .text(plan)]))
  }

  /// Makes somebody a user of an organization.
  ///
  /// - Parameters:
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - email: kept with the user, for people to read.
  ///   - userID: the `sub` of the user's tokens; nil for a new one. One who has an organization is refused: `TG409`.
  ///   - role: what the user may do there.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the user's id.
  /// - Throws: `PostgresError`.
  public static func createUser(
    in organizationID: OrganizationID, email: String? = nil, userID: UserID? = nil, role: UserRole = .member,
    on connection: inout Connection
  ) throws -> UserID {
    try identifier(
      connection.query(
        "SELECT user_id FROM tollgate.add_user($1::uuid, $2, $3, $4::uuid)",
        [.uuid(organizationID.bits), .optional(email), .text(role.rawValue), .uuid(userID?.bits)]))
  }

  /// Decides what a user may do in its organization, from the next request on.
  ///
  /// - Throws: `PostgresError`, with SQLSTATE `TG404` for somebody who is no user of this organization.
  public static func setRole(
    _ role: UserRole, of userID: UserID, in organizationID: OrganizationID, on connection: inout Connection
  ) throws {
    _ = try connection.query(
      "SELECT tollgate.set_user_role($1::uuid, $2::uuid, $3)",
      [.uuid(organizationID.bits), .uuid(userID.bits), .text(role.rawValue)])
  }

  /// Books what is due to balances that nobody has touched, and changes by hand, until nothing is left that others have
  /// not locked. Each fifty balances are a transaction of their own.
  ///
  /// - Parameter connection: of the server's login or an administrator, without a transaction.
  /// - Returns: how many balances that were, and next plans that began.
  /// - Throws: `PostgresError`.
  public static func sweep(on connection: inout Connection) throws -> Int {
    var total = 0
    // What is due is found by an index, and need not be looked for everywhere each time.
    for everywhere in [false, true] {
      while case let count = try OperationQueries.sweep(everywhere: everywhere, on: &connection), count > 0 {
        total += count
      }
    }
    return total
  }

  /// Adds to the roll-ups whatever is new in the ledger, some organizations a transaction, until nothing is left or
  /// another is at it.
  ///
  /// - Parameter connection: of the server's login or an administrator, without a transaction.
  /// - Returns: how many rows of the ledger that were.
  /// - Throws: `PostgresError`.
  public static func rollUp(on connection: inout Connection) throws -> Int {
    var total = 0
    while true {
      let turn = try ServiceAnalyticsQueries.rollUp(on: &connection)
      total += turn.rowCount
      if turn.isDone { return total }
    }
  }

  private static func identifier<Subject>(_ rows: borrowing Rows) throws -> Identifier<Subject> {
    Identifier(bits: try rows.uuid(0, 0))
  }
}
