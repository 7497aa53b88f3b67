import Postgres
public import Tokens

/// What was used, and what is left, of one organization: as of now, by roll-ups and what is not rolled up yet.
enum AnalyticsQueries {
  static func usage(
    _ query: UsageQuery, of organizationID: OrganizationID, for spender: Spender, on connection: inout Connection
  ) throws -> AnalyticsReport<[UsageRow]> {
    let span = try span(query.fromMicroseconds, query.toMicroseconds, on: &connection)
    guard span.isWithin(seconds: query.maximumSeconds) else { return .spanOutOfBounds(span) }
    let rows = try connection.query(
      readUsage,
      scope(organizationID, spender) + [
        .array(query.groupings.map(\.rawValue)), .integer(span.fromMicroseconds), .integer(span.toMicroseconds),
        .optional(query.tokenType), .optional(query.feature), .uuid(query.userID?.bits), .integer(Int64(query.limit)),
      ])
    var found: [UsageRow] = []
    found.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      if let refused = try rows.refusal(row) { return .refused(refused) }
      found.append(
        UsageRow(
          atMicroseconds: try rows.optionalInstant(row, 1), organizationID: nil,
          feature: try rows.optionalString(row, 2), userID: try rows.optionalUUID(row, 3).map(UserID.init(bits:)),
          tokenType: try rows.optionalString(row, 4), uses: try rows.integer(row, 5), tokens: try rows.integer(row, 6),
          refusals: try rows.integer(row, 7)))
    }
    return .report(span, found)
  }

  static func history(
    _ tokenType: String?, from: Int64?, to: Int64?, of organizationID: OrganizationID, for spender: Spender,
    on connection: inout Connection
  ) throws -> AnalyticsReport<BalanceHistory> {
    let span = try span(from, to, on: &connection)
    guard span.isWithin(seconds: 400 * 86_400) else { return .spanOutOfBounds(span) }
    let rows = try connection.query(
      readHistory,
      scope(organizationID, spender) + [
        .integer(span.fromMicroseconds), .integer(span.toMicroseconds), .optional(tokenType),
      ])
    var found = BalanceHistory()
    for row in 0..<rows.count {
      if let refused = try rows.refusal(row) { return .refused(refused) }
      let (tokenType, balance) = (try rows.string(row, 1), try rows.integer(row, 5))
      guard let day = try rows.optionalInstant(row, 2) else {
        found.balancesBefore.append((tokenType, balance))
        continue
      }
      found.days.append(
        BalanceDay(
          tokenType: tokenType, dayMicroseconds: day, used: try rows.integer(row, 3), granted: try rows.integer(row, 4),
          balance: balance))
    }
    return .report(span, found)
  }

  static func forecast(
    of organizationID: OrganizationID, for spender: Spender, on connection: inout Connection
  ) throws -> Result<[BalanceForecast], UnreadableOrganization> {
    let rows = try connection.query(readForecast, scope(organizationID, spender))
    var found: [BalanceForecast] = []
    for row in 0..<rows.count {
      if let refused = try rows.refusal(row) { return .failure(UnreadableOrganization(outcome: refused)) }
      found.append(
        BalanceForecast(
          tokenType: try rows.string(row, 1), available: try rows.integer(row, 2), tokensPerDay: try rows.real(row, 3),
          runsOutAtMicroseconds: try rows.optionalInstant(row, 4),
          refreshDateMicroseconds: try rows.optionalInstant(row, 5), runsOutBeforeRefresh: try rows.boolean(row, 6),
          nextExpiry: try rows.optionalInstant(row, 7).map { (atMicroseconds: $0, tokens: try rows.integer(row, 8)) }))
    }
    return .success(found)
  }

  /// From when to when a report is, in full hours.
  static func span(_ from: Int64?, _ to: Int64?, on connection: inout Connection) throws -> ReportingSpan {
    let rows = try connection.query(readSpan, [.optional(from), .optional(to)])
    return ReportingSpan(fromMicroseconds: try rows.instant(0, 0), toMicroseconds: try rows.instant(0, 1))
  }

  private static func scope(_ organizationID: OrganizationID, _ spender: Spender) -> [Parameter] {
    [.uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership)]
  }

  /// An instant in microseconds since 1970, as SQL.
  static func instant(_ parameter: String) -> String {
    "'epoch'::timestamptz + \(parameter)::bigint * interval '1 microsecond'"
  }

  private static let readSpan = Statement.named(
    "SELECT from_time, to_time FROM tollgate.reporting_span(\(instant("$1")), \(instant("$2")))", results: .binary)

  private static let readUsage = Statement.named(
    """
    SELECT outcome, at, feature_used, user_id_of_use, token_type, uses, tokens, refusals \
    FROM tollgate.read_usage($1::uuid, $2::uuid, $3::boolean, $4::text[], \(instant("$5")), \(instant("$6")), $7, $8, \
    $9::uuid, $10::bigint::integer)
    """, results: .binary)

  private static let readHistory = Statement.named(
    """
    SELECT outcome, token_type, day, used, granted, balance \
    FROM tollgate.read_history($1::uuid, $2::uuid, $3::boolean, ((\(instant("$4"))) AT TIME ZONE 'UTC')::date, \
    ((\(instant("$5")) - interval '1 microsecond') AT TIME ZONE 'UTC')::date + 1, $6)
    """, results: .binary)

  private static let readForecast = Statement.named(
    """
    SELECT outcome, token_type, available, tokens_per_day::float8, runs_out_at, refresh_date, runs_out_before_refresh, \
    next_expiry_at, next_expiry_tokens \
    FROM tollgate.read_forecast($1::uuid, $2::uuid, $3::boolean)
    """, results: .binary)
}

/// An organization that the caller may not read.
public struct UnreadableOrganization: Error {
  /// `forbidden` or `unknownOrganization`.
  public var outcome: Outcome
}

extension Rows {
  /// What the first column says is wrong; nil for a success.
  fileprivate func refusal(_ row: Int) throws -> Outcome? {
    guard let outcome = Outcome(rawValue: try string(row, 0)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected outcome")
    }
    return outcome == .success ? nil : outcome
  }
}
