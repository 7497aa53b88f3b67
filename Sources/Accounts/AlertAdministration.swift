public import Postgres
public import Tokens

/// Rules that balances are held against.
extension Administration {
  /// Makes a rule, or with an id changes that one. A rule stays whose it is.
  ///
  /// - Parameters:
  ///   - id: an unknown rule, and one of another organization than the rule names, is refused with SQLSTATE `TG404`.
  ///   - rule: an unknown organization is refused with `TG404`, an unknown token type with `TG400`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the rule as it is then.
  /// - Throws: `PostgresError`; also `TG409` when there are a hundred rules.
  public static func set(
    _ id: AlertID?, to rule: AlertRule, on connection: inout Connection
  ) throws -> AlertDetails {
    try connection.joiningTransaction { connection in
      let set = try connection.query(
        setAlert,
        [
          .uuid(id?.bits), .uuid(rule.organizationID?.bits), .optional(rule.tokenType), .text(rule.condition.rawValue),
          .integer(rule.threshold), .array(rule.email.map(\.text)), .boolean(rule.isActive),
        ])
      return try alert(AlertID(bits: try set.uuid(0, 0)), on: &connection)
    }
  }

  /// Makes a rule; under a key, once.
  ///
  /// - Parameters:
  ///   - rule: an unknown organization is refused with SQLSTATE `TG404`, an unknown token type with `TG400`.
  ///   - key: the same request under it is answered the same again.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the rule as it was made, unless the key was used for another request.
  /// - Throws: `PostgresError`; also `TG409` when there are a hundred rules.
  static func add(
    _ rule: AlertRule, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Creation<MadeAlert> {
    let made = try connection.query(
      addAlert,
      [
        .uuid(rule.organizationID?.bits), .optional(rule.tokenType), .text(rule.condition.rawValue),
        .integer(rule.threshold), .array(rule.email.map(\.text)), .boolean(rule.isActive), .optional(key?.value),
      ])
    guard try made.string(0, 0) == "success" else { return .keyReused }
    let createdAtMicroseconds = try made.instant(0, 2)
    return .made(
      MadeAlert(
        details: AlertDetails(
          id: AlertID(bits: try made.uuid(0, 1)), rule: rule, createdAtMicroseconds: createdAtMicroseconds,
          updatedAtMicroseconds: createdAtMicroseconds),
        isReplay: try made.boolean(0, 3)))
  }

  /// Deletes a rule. An unknown one is refused with SQLSTATE `TG404`.
  public static func delete(_ id: AlertID, on connection: inout Connection) throws {
    _ = try connection.query("SELECT tollgate.delete_alert($1::uuid)", [.uuid(id.bits)])
  }

  /// One rule.
  ///
  /// - Throws: `PostgresError`; `AdministrationRefusal.notFound` for an unknown one.
  public static func alert(_ id: AlertID, on connection: inout Connection) throws -> AlertDetails {
    let rows = try connection.query(readAlerts, [.uuid(id.bits), .uuid(nil), .uuid(nil), .integer(1)])
    guard rows.count == 1 else { throw AdministrationRefusal.notFound }
    return try details(ofAlert: rows, 0)
  }

  /// A page of the rules of all organizations or of one, newest first.
  public static func alerts(
    of organizationID: OrganizationID?, before: AlertID?, limit: Int, on connection: inout Connection
  ) throws -> [AlertDetails] {
    let rows = try connection.query(
      readAlerts,
      [.uuid(nil), .uuid(organizationID?.bits), .uuid(before?.bits), .integer(Int64(limit))])
    return try (0..<rows.count).map { try details(ofAlert: rows, $0) }
  }

  private static let setAlert = Statement.named(
    "SELECT tollgate.set_alert($1::uuid, $2::uuid, $3, $4, $5::bigint, $6::text[], $7::boolean)")

  private static let addAlert = Statement.named(
    """
    SELECT outcome, alert_id, created_at, is_replay \
    FROM tollgate.add_alert($1::uuid, $2, $3, $4::bigint, $5::text[], $6::boolean, $7)
    """, results: .binary)

  private static let readAlerts = Statement.named(
    """
    SELECT alert_id, organization_id, token_type, condition, threshold, array_to_string(email, ' '), active, \
    created_at, updated_at FROM tollgate.read_alerts($1::uuid, $2::uuid, $3::uuid, $4::bigint::integer)
    """, results: .binary)

  private static func details(ofAlert rows: borrowing Rows, _ row: Int) throws -> AlertDetails {
    let addresses = try rows.string(row, 5).split(separator: " ").map { EmailAddress(String($0)) }
    let email = addresses.compactMap(\.self)
    guard let condition = AlertRule.Condition(rawValue: try rows.string(row, 3)), email.count == addresses.count else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected rule")
    }
    return AlertDetails(
      id: AlertID(bits: try rows.uuid(row, 0)),
      rule: AlertRule(
        organizationID: try rows.owner(row, 1), tokenType: try rows.optionalString(row, 2), condition: condition,
        threshold: try rows.integer(row, 4), email: email, isActive: try rows.boolean(row, 6)),
      createdAtMicroseconds: try rows.instant(row, 7), updatedAtMicroseconds: try rows.instant(row, 8))
  }
}

extension Rows {
  /// Whose a row is; nil for the nil UUID, which stands for everybody.
  func owner(_ row: Int, _ column: Int) throws -> OrganizationID? {
    let bits = try uuid(row, column)
    return bits == 0 ? nil : OrganizationID(bits: bits)
  }

  /// The same of a table whose rows may also be nobody's.
  func optionalOwner(_ row: Int, _ column: Int) throws -> OrganizationID? {
    try optionalUUID(row, column).flatMap { $0 == 0 ? nil : OrganizationID(bits: $0) }
  }
}
