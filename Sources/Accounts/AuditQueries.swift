public import Postgres
public import Tokens

/// The audit log, as administrators read it.
extension Administration {
  /// A page of changes, the newest first.
  ///
  /// - Parameters:
  ///   - filter: which.
  ///   - before: only those before this one.
  ///   - limit: changes, at most.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the changes.
  /// - Throws: `PostgresError`.
  public static func auditLog(
    _ filter: AuditFilter, before: AuditRecordID? = nil, limit: Int, on connection: inout Connection
  ) throws -> [AuditRecord] {
    let rows = try connection.query(
      readLog,
      [
        .uuid(filter.organizationID?.bits), .optional(filter.change), .optional(filter.actorID),
        .optional(filter.fromMicroseconds), .optional(filter.toMicroseconds), .uuid(before?.bits),
        .integer(Int64(limit)),
      ])
    return try (0..<rows.count).map { try record(rows, $0) }
  }

  private static let readLog = Statement.named(
    """
    SELECT id, organization_id_of_change, actor_kind, actor_id_of_change, hint, database_role, change_made, subject, \
    before::text, after::text, request_id, created_at \
    FROM tollgate.read_audit_log($1::uuid, $2, $3, 'epoch'::timestamptz + $4::bigint * interval '1 microsecond', \
    'epoch'::timestamptz + $5::bigint * interval '1 microsecond', $6::uuid, $7::bigint::integer)
    """, results: .binary)

  private static func record(_ rows: borrowing Rows, _ row: Int) throws -> AuditRecord {
    guard let kind = Actor.Kind(rawValue: try rows.string(row, 2)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected kind of actor")
    }
    return AuditRecord(
      id: AuditRecordID(bits: try rows.uuid(row, 0)), atMicroseconds: try rows.instant(row, 11),
      actor: Actor(
        kind: kind, id: try rows.optionalString(row, 3), requestID: try rows.optionalString(row, 10),
        hint: try rows.optionalString(row, 4)),
      databaseRole: try rows.string(row, 5), change: try rows.string(row, 6),
      organizationID: try rows.optionalUUID(row, 1).map(OrganizationID.init(bits:)),
      subject: try rows.string(row, 7), before: try rows.optionalString(row, 8), after: try rows.optionalString(row, 9))
  }
}
