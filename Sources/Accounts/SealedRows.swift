public import Postgres
public import Tokens

/// A column that has sealed values.
public enum SealedColumn: String, CaseIterable, Sendable {
  case clientSecret = "client_secret"
  case refreshToken = "refresh_token"
  case accessToken = "access_token"
  case verifier
  case webhookSecret = "webhook_secret"
  case previousWebhookSecret = "previous_webhook_secret"

  fileprivate var table: String {
    switch self {
    case .clientSecret: "tollgate.providers"
    case .refreshToken, .accessToken: "tollgate.credentials"
    case .verifier: "tollgate.credential_authorizations"
    case .webhookSecret, .previousWebhookSecret: "tollgate.webhooks"
    }
  }

  /// The column itself.
  fileprivate var name: String {
    switch self {
    case .webhookSecret: "secret"
    case .previousWebhookSecret: "previous_secret"
    case .clientSecret, .refreshToken, .accessToken, .verifier: rawValue
    }
  }

  fileprivate var isOfWebhook: Bool { self == .webhookSecret || self == .previousWebhookSecret }

  /// What is in place of columns that the table lacks.
  fileprivate var organization: String { self == .clientSecret ? "NULL::uuid" : "organization_id" }
  fileprivate var digest: String { self == .verifier ? "state_digest" : "'\\x'::bytea" }
  fileprivate var place: String { isOfWebhook ? "webhook_id::text" : "provider" }

  /// The columns of the table's primary key, in the order of its index, with their types.
  fileprivate var key: [(name: String, type: String)] {
    switch self {
    case .clientSecret: [("provider", "text")]
    case .refreshToken, .accessToken: [("organization_id", "uuid"), ("provider", "text")]
    case .verifier: [("organization_id", "uuid"), ("state_digest", "bytea")]
    case .webhookSecret, .previousWebhookSecret: [("organization_id", "uuid"), ("webhook_id", "uuid")]
    }
  }

  /// Reads what `place` selects.
  fileprivate func place(_ text: String) -> SealedPlace? {
    isOfWebhook ? WebhookID(text).map(SealedPlace.webhook) : ProviderName(text).map(SealedPlace.provider)
  }
}

/// A sealed value and its place.
public struct SealedRow: Sendable {
  public var column: SealedColumn
  /// Nil: the service's own.
  public var organizationID: OrganizationID?
  public var place: SealedPlace
  public var value: SealedBytes
  /// Of an authorization under way, else empty.
  fileprivate var digest: [UInt8]

  /// What the table's primary key has of it.
  fileprivate var key: [Parameter] {
    switch column {
    case .clientSecret: [.text(place.text)]
    case .refreshToken, .accessToken: [.uuid(organizationID?.bits), .text(place.text)]
    case .verifier: [.uuid(organizationID?.bits), .bytes(digest)]
    case .webhookSecret, .previousWebhookSecret: [.uuid(organizationID?.bits ?? 0), .text(place.text)]
    }
  }
}

/// How many values of a column are sealed under a key.
public struct SealedCount: Sendable {
  public var keyID: String
  public var column: SealedColumn
  public var count: Int64
}

/// Sealed values of all tenants, for sealing them under another key. On an administrator's connection: nobody else sees
/// the rows of all.
extension Administration {
  /// Sees to it that this connection sees every row, or fails: rows that a policy hides would look like none.
  ///
  /// - Throws: `PostgresError`: 42501 later, where a policy would hide something.
  public static func refuseHiddenRows(on connection: inout Connection) throws {
    try connection.script("SET row_security = off")
  }

  /// How many values there are under each key.
  public static func sealedCounts(on connection: inout Connection) throws -> [SealedCount] {
    let parts = SealedColumn.allCases.map { column in
      """
      SELECT convert_from(substr(\(column.name), 3, get_byte(\(column.name), 1)), 'UTF8') AS key_id, \
      '\(column.rawValue)' AS what FROM \(column.table) WHERE \(column.name) IS NOT NULL
      """
    }
    let rows = try connection.query(
      Statement(
        """
        SELECT key_id, what, count(*) FROM (\(parts.joined(separator: " UNION ALL "))) AS sealed \
        GROUP BY key_id, what ORDER BY key_id, what
        """))
    return try (0..<rows.count).map { row in
      guard let column = SealedColumn(rawValue: try rows.string(row, 1)) else {
        throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected column")
      }
      return SealedCount(keyID: try rows.string(row, 0), column: column, count: try rows.integer(row, 2))
    }
  }

  /// The next values of a column that are not sealed under this key.
  ///
  /// - Parameters:
  ///   - column: of which.
  ///   - keyID: the key that they shall have.
  ///   - last: only values behind this one.
  ///   - limit: values, at most.
  ///   - connection: an administrator's.
  /// - Returns: the values, in the order of the table's primary key, by whose index they are found.
  /// - Throws: `PostgresError`.
  public static func sealedRows(
    of column: SealedColumn, notUnder keyID: String, behind last: SealedRow?, limit: Int64,
    on connection: inout Connection
  ) throws -> [SealedRow] {
    let key = column.key.map(\.name).joined(separator: ", ")
    let values = column.key.enumerated().map { "$\($0.offset + 3)::\($0.element.type)" }.joined(separator: ", ")
    let rows = try connection.query(
      Statement(
        """
        SELECT \(column.organization), \(column.place), \(column.digest), \(column.name) FROM \(column.table) \
        WHERE substr(\(column.name), 3, get_byte(\(column.name), 1)) <> convert_to($1, 'UTF8') \
        \(last == nil ? "" : "AND (\(key)) > (\(values))") ORDER BY \(key) LIMIT $2::bigint
        """), [.text(keyID), .integer(limit)] + (last?.key ?? []))
    return try (0..<rows.count).map { row in
      guard let place = column.place(try rows.string(row, 1)) else {
        throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected place")
      }
      return SealedRow(
        column: column, organizationID: try rows.optionalOwner(row, 0), place: place,
        value: SealedBytes(try rows.bytes(row, 3)), digest: try rows.bytes(row, 2))
    }
  }

  /// Puts a value in another's place, unless that has changed since it was read.
  ///
  /// - Returns: whether it was still as it was read.
  public static func replace(
    _ row: SealedRow, by sealed: SealedBytes, on connection: inout Connection
  ) throws -> Bool {
    let column = row.column
    let conditions = column.key.enumerated().map { " AND \($0.element.name) = $\($0.offset + 3)::\($0.element.type)" }
    let rows = try connection.query(
      Statement(
        """
        UPDATE \(column.table) SET \(column.name) = $1::bytea \
        WHERE \(column.name) = $2::bytea\(conditions.joined())
        """), [.bytes(sealed.bytes), .bytes(row.value.bytes)] + row.key)
    return rows.affectedCount == 1
  }
}
