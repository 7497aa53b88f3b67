public import Postgres
public import Tokens

/// All organizations, as administrators list, look at and make them.
extension Administration {
  /// A page of organizations with what they have.
  ///
  /// - Parameters:
  ///   - filter: which, and in which order. `used`, `available` and `isNearLimit` go by the balances as last booked.
  ///   - last: only those behind this place.
  ///   - limit: organizations, at most.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the organizations, with their balances as of now.
  /// - Throws: `PostgresError`.
  public static func organizations(
    _ filter: OrganizationFilter, behind last: ListPlace<Organization>? = nil, limit: Int,
    on connection: inout Connection
  ) throws -> [OrganizationAccount] {
    let rows = try connection.query(
      findAndDescribe,
      [
        .optional(filter.search), .optional(filter.plan), .optional(filter.status?.rawValue),
        .boolean(filter.isNearLimit), .text(filter.order.rawValue), .uuid(last?.id.bits), .optional(last?.sortKey),
        .integer(Int64(limit)),
      ])
    return try accounts(rows)
  }

  /// One organization with what it has; nil for an unknown one.
  ///
  /// - Throws: `PostgresError`.
  public static func organization(
    _ id: OrganizationID, on connection: inout Connection
  ) throws -> OrganizationAccount? {
    try accounts(connection.query(describe, [.uuid(id.bits)])).first
  }

  /// Makes an organization with the balances of its plan; under a key, once.
  ///
  /// - Parameters:
  ///   - name: 1 to 200 characters.
  ///   - plan: a name in `tollgate.plans`; another is refused with SQLSTATE `TG400`.
  ///   - key: the same request under it is answered the same again.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the organization, unless the key was used for another request.
  /// - Throws: `PostgresError`.
  static func addOrganization(
    name: String, plan: String, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Creation<NewOrganization> {
    let rows = try connection.query(addOrganization, [.text(name), .text(plan), .optional(key?.value)])
    guard try rows.string(0, 0) == "success" else { return .keyReused }
    return .made(
      NewOrganization(
        id: OrganizationID(bits: try rows.uuid(0, 1)), createdAtMicroseconds: try rows.instant(0, 2),
        isReplay: try rows.boolean(0, 3)))
  }

  private static let columns = """
    organization_id, name, plan, next_plan, next_plan_from, status, created_at, users, token_type, balance, reserved, \
    available, allocated, used, purchased, refresh_date, state, suspended_for
    """

  /// Rows of an organization follow each other, in the order in which it was found.
  private static let findAndDescribe = Statement.named(
    """
    WITH found AS MATERIALIZED (\
    SELECT found_id, sort_key, n FROM tollgate.find_organizations(\
    $1, $2, $3, $4::boolean, $5, $6::uuid, $7, $8::bigint::integer) WITH ORDINALITY AS page (found_id, sort_key, n)) \
    SELECT \(columns), sort_key \
    FROM tollgate.describe_organizations(ARRAY(SELECT found_id FROM found ORDER BY n)) \
    JOIN found ON found_id = organization_id \
    ORDER BY n, token_type
    """, results: .binary)

  private static let describe = Statement.named(
    "SELECT \(columns), NULL::text FROM tollgate.describe_organizations(ARRAY[$1::uuid])", results: .binary)

  private static let addOrganization = Statement.named(
    "SELECT outcome, organization_id, created_at, is_replay FROM tollgate.add_organization($1, $2, $3)",
    results: .binary)

  /// A row is a balance, or an organization without any; those of an organization follow each other.
  private static func accounts(_ rows: borrowing Rows) throws -> [OrganizationAccount] {
    var accounts: [OrganizationAccount] = []
    for row in 0..<rows.count {
      let id = OrganizationID(bits: try rows.uuid(row, 0))
      if accounts.last?.details.id != id { accounts.append(try account(rows, row, id)) }
      if let balance = try balance(rows, row) { accounts[accounts.count - 1].balances.append(balance) }
    }
    return accounts
  }

  private static func account(
    _ rows: borrowing Rows, _ row: Int, _ id: OrganizationID
  ) throws -> OrganizationAccount {
    guard let status = OrganizationStatus(rawValue: try rows.string(row, 5)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected status")
    }
    let reason = try rows.optionalString(row, 17)
    let suspendedFor = reason.flatMap(SuspensionReason.init)
    guard (reason == nil) == (suspendedFor == nil) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected reason")
    }
    return OrganizationAccount(
      details: OrganizationDetails(
        id: id, name: try rows.string(row, 1), plan: try rows.optionalString(row, 2),
        nextPlan: try rows.optionalString(row, 3), nextPlanFromMicroseconds: try rows.optionalInstant(row, 4),
        status: status),
      suspendedFor: suspendedFor, createdAtMicroseconds: try rows.instant(row, 6), userCount: try rows.integer(row, 7),
      balances: [], sortKey: try rows.optionalString(row, 18))
  }

  private static func balance(_ rows: borrowing Rows, _ row: Int) throws -> Balance? {
    guard let tokenType = try rows.optionalString(row, 8) else { return nil }
    guard let state = BalanceState(rawValue: try rows.string(row, 16)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected state")
    }
    return Balance(
      tokenType: tokenType, balance: try rows.integer(row, 9), reserved: try rows.integer(row, 10),
      available: try rows.integer(row, 11), allocated: try rows.integer(row, 12), used: try rows.integer(row, 13),
      purchased: try rows.integer(row, 14), refreshDateMicroseconds: try rows.optionalInstant(row, 15), state: state)
  }
}
