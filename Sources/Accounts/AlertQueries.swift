import Postgres
public import Tokens

/// What an organization may read of its alerts.
public enum AlertReport: Sendable {
  case events([AlertEvent])
  /// Why not: `forbidden` or `unknownOrganization`.
  case refused(Outcome)
}

/// Alerts that were raised or have recovered.
enum AlertQueries {
  static func events(
    _ filter: AlertEventFilter, before: AlertEventID?, limit: Int, on connection: inout Connection
  ) throws -> [AlertEvent] {
    let rows = try connection.query(
      everywhere,
      [
        .uuid(filter.organizationID?.bits), .uuid(filter.alertID?.bits), .optional(filter.state?.rawValue),
        .uuid(before?.bits), .integer(Int64(limit)),
      ])
    return try (0..<rows.count).map { try event(rows, $0) }
  }

  static func events(
    of organizationID: OrganizationID, for spender: Spender, before: AlertEventID?, limit: Int,
    on connection: inout Connection
  ) throws -> AlertReport {
    let rows = try connection.query(
      own,
      [
        .uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership), .uuid(before?.bits),
        .integer(Int64(limit)),
      ])
    guard rows.count > 0 else { return .events([]) }
    let outcome = try rows.readingOutcome(0, 12)
    guard outcome == .success else { return .refused(outcome) }
    return .events(try (0..<rows.count).map { try event(rows, $0) })
  }

  private static let columns = """
    event_id, type, alert_id, organization_id_of_event, organization_name, token_type, state, level, condition, value, \
    threshold, created_at
    """
  private static let everywhere = Statement.named(
    """
    SELECT \(columns) FROM tollgate.read_alert_events($1::uuid, $2::uuid, $3, $4::uuid, $5::bigint::integer)
    """, results: .binary)
  private static let own = Statement.named(
    """
    SELECT \(columns), outcome \
    FROM tollgate.read_own_alert_events($1::uuid, $2::uuid, $3::boolean, $4::uuid, $5::bigint::integer)
    """, results: .binary)

  private static func event(_ rows: borrowing Rows, _ row: Int) throws -> AlertEvent {
    guard let state = AlertEvent.State(rawValue: try rows.string(row, 6)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected state")
    }
    return AlertEvent(
      id: AlertEventID(bits: try rows.uuid(row, 0)), type: try rows.string(row, 1),
      alertID: try rows.optionalUUID(row, 2).map(AlertID.init(bits:)),
      organizationID: OrganizationID(bits: try rows.uuid(row, 3)), organizationName: try rows.string(row, 4),
      tokenType: try rows.optionalString(row, 5), state: state, level: try rows.optionalString(row, 7),
      condition: try rows.optionalString(row, 8), value: try rows.optionalInteger(row, 9),
      threshold: try rows.optionalInteger(row, 10), createdAtMicroseconds: try rows.instant(row, 11))
  }
}
