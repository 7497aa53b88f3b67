import Postgres
import Tokens

/// What all organizations used: from roll-ups, after a bounded turn of rolling up.
enum ServiceAnalyticsQueries {
  /// Rolls up what is new, of at most so many organizations and about so many rows at once, for so long.
  static func rollUp(
    organizations: Int64 = 500, rows: Int64 = 50_000, milliseconds: Int64 = 2000, on connection: inout Connection
  ) throws -> RolledUp {
    let turn = try connection.query(
      rollUpSome, [.integer(organizations), .integer(rows), .integer(milliseconds)])
    return RolledUp(rowCount: Int(try turn.integer(0, 0)), isDone: try turn.boolean(0, 1))
  }

  static func usage(_ query: UsageQuery, on connection: inout Connection) throws -> AnalyticsReport<[UsageRow]> {
    let span = try AnalyticsQueries.span(query.fromMicroseconds, query.toMicroseconds, on: &connection)
    guard span.isWithin(seconds: query.maximumSeconds) else { return .spanOutOfBounds(span) }
    try catchUp(on: &connection)
    let rows = try connection.query(
      readUsage,
      [
        .array(query.groupings.map(\.rawValue)), .integer(span.fromMicroseconds), .integer(span.toMicroseconds),
        .optional(query.tokenType), .optional(query.feature), .uuid(query.userID?.bits), .integer(Int64(query.limit)),
      ])
    let found = try (0..<rows.count).map { row in
      UsageRow(
        atMicroseconds: try rows.optionalInstant(row, 0),
        organizationID: try rows.optionalUUID(row, 1).map(OrganizationID.init(bits:)),
        feature: try rows.optionalString(row, 2), userID: try rows.optionalUUID(row, 3).map(UserID.init(bits:)),
        tokenType: try rows.optionalString(row, 4), uses: try rows.integer(row, 5), tokens: try rows.integer(row, 6),
        refusals: try rows.integer(row, 7))
    }
    return .report(span, found)
  }

  static func costs(
    of organizationID: OrganizationID?, from: Int64?, to: Int64?, limit: Int, on connection: inout Connection
  ) throws -> AnalyticsReport<[CostRow]> {
    let span = try AnalyticsQueries.span(from, to, on: &connection)
    guard span.isWithin(seconds: 400 * 86_400) else { return .spanOutOfBounds(span) }
    try catchUp(on: &connection)
    let rows = try connection.query(
      readCosts,
      [
        .integer(span.fromMicroseconds), .integer(span.toMicroseconds), .uuid(organizationID?.bits),
        .integer(Int64(limit)),
      ])
    let found = try (0..<rows.count).map { row in
      CostRow(
        dayMicroseconds: try rows.instant(row, 0), organizationID: OrganizationID(bits: try rows.uuid(row, 1)),
        organizationName: try rows.string(row, 2), currency: try rows.optionalString(row, 3),
        tokenType: try rows.string(row, 4), feature: try rows.string(row, 5), uses: try rows.integer(row, 6),
        tokens: try rows.integer(row, 7), refusals: try rows.integer(row, 8))
    }
    if found.isEmpty, let organizationID,
      try Administration.organization(organizationID, on: &connection) == nil
    {
      return .refused(.unknownOrganization)
    }
    return .report(span, found)
  }

  static func endingBalances(
    withinDays days: Int64, behind count: Int64, limit: Int, on connection: inout Connection
  ) throws -> [EndingBalance] {
    if count == 0 { try catchUp(on: &connection) }
    let rows = try connection.query(readRunningOut, [.integer(days), .integer(count), .integer(Int64(limit))])
    return try (0..<rows.count).map { row in
      EndingBalance(
        organizationID: OrganizationID(bits: try rows.uuid(row, 0)), organizationName: try rows.string(row, 1),
        plan: try rows.optionalString(row, 2),
        forecast: BalanceForecast(
          tokenType: try rows.string(row, 3), available: try rows.integer(row, 4), tokensPerDay: try rows.real(row, 5),
          runsOutAtMicroseconds: try rows.instant(row, 6), refreshDateMicroseconds: nil, runsOutBeforeRefresh: false))
    }
  }

  /// All organizations on one page, as JSON.
  static func overview(on connection: inout Connection) throws -> String {
    try catchUp(on: &connection)
    return try connection.query(.named("SELECT tollgate.read_overview()::text")).string(0, 0)
  }

  /// So much that few wait long for their answer, and a quiet database is up to date.
  private static func catchUp(on connection: inout Connection) throws {
    _ = try rollUp(organizations: 100, rows: 5000, milliseconds: 100, on: &connection)
  }

  private static let rollUpSome = Statement.named(
    """
    SELECT rolled_up, is_done FROM tollgate.roll_up($1::bigint::integer, $2::bigint::integer, $3::bigint::integer)
    """, results: .binary)

  private static let readUsage = Statement.named(
    """
    SELECT at, organization_id, feature_used, user_id_of_use, token_type, uses, tokens, refusals \
    FROM tollgate.read_service_usage($1::text[], \(AnalyticsQueries.instant("$2")), \(AnalyticsQueries.instant("$3")), \
    $4, $5, $6::uuid, $7::bigint::integer)
    """, results: .binary)

  private static let readCosts = Statement.named(
    """
    SELECT day::timestamp AT TIME ZONE 'UTC', organization_id, organization_name, currency, token_type, feature_used, \
    uses, tokens, refusals \
    FROM tollgate.read_costs(((\(AnalyticsQueries.instant("$1"))) AT TIME ZONE 'UTC')::date, \
    ((\(AnalyticsQueries.instant("$2")) - interval '1 microsecond') AT TIME ZONE 'UTC')::date + 1, $3::uuid, \
    $4::bigint::integer)
    """, results: .binary)

  private static let readRunningOut = Statement.named(
    """
    SELECT organization_id, organization_name, plan, token_type, available, tokens_per_day::float8, runs_out_at \
    FROM tollgate.read_running_out($1::bigint::integer, $2::bigint::integer, $3::bigint::integer)
    """, results: .binary)
}
