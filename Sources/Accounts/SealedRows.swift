public import Postgres
public import Tokens

/// A column that has sealed values.
public enum SealedColumn: String, CaseIterable, Sendable {
  case clientSecret = "client_secret"
  case refreshToken = "refresh_token"
  case accessToken = "access_token"
  case verifier

  fileprivate var table: String {
    switch self {
    case .clientSecret: "tollgate.providers"
    case .refreshToken, .accessToken: "tollgate.credentials"
    case .verifier: "tollgate.credential_authorizations"
    }
  }

  /// What is in place of columns that the table lacks.
  fileprivate var organization: String { self == .clientSecret ? "NULL::uuid" : "organization_id" }
  fileprivate var digest: String { self == .verifier ? "state_digest" : "'\\x'::bytea" }

  /// The columns of the table's primary key, in the order of its index, with their types.
  fileprivate var key: [(name: String, type: String)] {
    switch self {
    case .clientSecret: [("provider", "text")]
    case .refreshToken, .accessToken: [("organization_id", "uuid"), ("provider", "text")]
    case .verifier: [("organization_id", "uuid"), ("state_digest", "bytea")]
    }
  }
}

/// A sealed value and its place.
public struct SealedRow: Sendable {
  public var column: SealedColumn
  /// Nil: the service's own.
  public var organizationID: OrganizationID?
  public var provider: ProviderName
  public var value: SealedBytes
  /// Of an authorization under way, else empty.
  fileprivate var digest: [UInt8]

  /// What the table's primary key has of it.
  fileprivate var key: [Parameter] {
    switch column {
    case .clientSecret: [.text(provider.text)]
    case .refreshToken, .accessToken: [.uuid(organizationID?.bits), .text(provider.text)]
    case .verifier: [.uuid(organizationID?.bits), .bytes(digest)]
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
      SELECT convert_from(substr(\(column.rawValue), 3, get_byte(\(column.rawValue), 1)), 'UTF8') AS key_id, \
      '\(column.rawValue)' AS what FROM \(column.table) WHERE \(column.rawValue) IS NOT NULL
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
        SELECT \(column.organization), provider, \(column.digest), \(column.rawValue) FROM \(column.table) \
        WHERE substr(\(column.rawValue), 3, get_byte(\(column.rawValue), 1)) <> convert_to($1, 'UTF8') \
        \(last == nil ? "" : "AND (\(key)) > (\(values))") ORDER BY \(key) LIMIT $2::bigint
        """), [.text(keyID), .integer(limit)] + (last?.key ?? []))
    return try (0..<rows.count).map { row in
      guard let provider = ProviderName(try rows.string(row, 1)) else {
        throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected provider")
      }
      return SealedRow(
        column: column, organizationID: try rows.optionalUUID(row, 0).map(OrganizationID.init(bits:)),
        provider: provider, value: SealedBytes(try rows.bytes(row, 3)), digest: try rows.bytes(row, 2))
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
        UPDATE \(column.table) SET \(column.rawValue) = $1::bytea \
        WHERE \(column.rawValue) = $2::bytea\(conditions.joined())
        """), [.bytes(sealed.bytes), .bytes(row.value.bytes)] + row.key)
    return rows.affectedCount == 1
  }
}
