public import Postgres
public import Tokens

/// API keys. None of this ever has a key: whoever makes one hands over its digest.
extension Administration {
  /// Makes a key.
  ///
  /// - Parameters:
  ///   - key: an unknown organization is refused with SQLSTATE `TG404`, an end in the past with `TG400`.
  ///   - id: the key's public id, which is new.
  ///   - digest: SHA-256 of the whole key.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the key as it is then.
  /// - Throws: `PostgresError`.
  public static func create(
    _ key: NewAPIKey, id: APIKeyID, digest: [UInt8], on connection: inout Connection
  ) throws -> APIKeyDetails {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        createKey,
        [
          .uuid(key.organizationID?.bits), .uuid(id.bits), .bytes(digest), .text(key.name),
          .array(key.scopes.names), .optional(key.expiresAtMicroseconds), .uuid(key.createdBy?.bits),
        ])
      return try details(of: id, on: &connection)
    }
  }

  /// Gives a key a successor with its name, scopes and end, and lets the old one be valid for a while.
  ///
  /// - Parameters:
  ///   - id: an unknown key is refused with SQLSTATE `TG404`, one that is not active with `TG409`.
  ///   - successorID: the new key's public id, which is new.
  ///   - digest: SHA-256 of the whole new key.
  ///   - graceSeconds: how long the old one stays valid; out of `APIKey.graceRangeSeconds` is `TG400`.
  ///   - createdBy: the key that asks for it.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: both keys as they are then.
  /// - Throws: `PostgresError`.
  public static func rotate(
    _ id: APIKeyID, successorID: APIKeyID, digest: [UInt8], graceSeconds: Int64, createdBy: APIKeyID? = nil,
    on connection: inout Connection
  ) throws -> RotatedAPIKey {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        rotateKey,
        [
          .uuid(id.bits), .uuid(successorID.bits), .bytes(digest), .integer(graceSeconds), .uuid(createdBy?.bits),
        ])
      return RotatedAPIKey(
        replaced: try details(of: id, on: &connection), successor: try details(of: successorID, on: &connection))
    }
  }

  /// Ends a key for good. Twice is once.
  ///
  /// - Parameters:
  ///   - id: an unknown key is refused with SQLSTATE `TG404`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the key as it is then.
  /// - Throws: `PostgresError`.
  public static func revoke(_ id: APIKeyID, on connection: inout Connection) throws -> APIKeyDetails {
    try connection.joiningTransaction { connection in
      _ = try connection.query("SELECT tollgate.revoke_key($1::uuid)", [.uuid(id.bits)])
      return try details(of: id, on: &connection)
    }
  }

  /// A page of an organization's keys, or of the service's, newest first.
  ///
  /// - Parameters:
  ///   - organizationID: nil is the service; an unknown one is refused with SQLSTATE `TG404`.
  ///   - before: only keys behind this one.
  ///   - limit: keys, at most.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the keys.
  /// - Throws: `PostgresError`.
  public static func keys(
    of organizationID: OrganizationID?, before: APIKeyID? = nil, limit: Int, on connection: inout Connection
  ) throws -> [APIKeyDetails] {
    let rows = try connection.query(
      readKeys, [.uuid(organizationID?.bits), .uuid(before?.bits), .integer(Int64(limit))])
    return try (0..<rows.count).map { try details(rows, $0) }
  }

  private static let createKey = Statement.named(
    """
    SELECT tollgate.create_key($1::uuid, $2::uuid, $3::bytea, $4, $5::text[], \
    'epoch'::timestamptz + $6::bigint * interval '1 microsecond', $7::uuid)
    """)

  private static let rotateKey = Statement.named(
    "SELECT tollgate.rotate_key($1::uuid, $2::uuid, $3::bytea, $4::bigint::integer, $5::uuid)")

  private static let keyColumns = """
    name, array_to_string(scopes, ' '), status, created_at, created_by, expires_at, replaced_by, grace_ends_at, \
    revoked_at, last_used_at
    """

  private static let readKey = Statement.named(
    "SELECT key_id, organization_id, \(keyColumns) FROM tollgate.read_key($1::uuid)", results: .binary)

  private static let readKeys = Statement.named(
    """
    SELECT key_id, organization_id_of_key, \(keyColumns) \
    FROM tollgate.read_keys($1::uuid, $2::uuid, $3::bigint::integer)
    """, results: .binary)

  private static func details(of id: APIKeyID, on connection: inout Connection) throws -> APIKeyDetails {
    try details(connection.query(readKey, [.uuid(id.bits)]), 0)
  }

  private static func details(_ rows: borrowing Rows, _ row: Int) throws -> APIKeyDetails {
    guard let status = APIKeyDetails.Status(rawValue: try rows.string(row, 4)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected status")
    }
    return APIKeyDetails(
      id: APIKeyID(bits: try rows.uuid(row, 0)),
      organizationID: try rows.optionalUUID(row, 1).map(OrganizationID.init(bits:)), name: try rows.string(row, 2),
      scopes: try rows.scopes(row, 3), status: status, createdAtMicroseconds: try rows.instant(row, 5),
      createdBy: try rows.optionalUUID(row, 6).map(APIKeyID.init(bits:)),
      expiresAtMicroseconds: try rows.optionalInstant(row, 7),
      replacedBy: try rows.optionalUUID(row, 8).map(APIKeyID.init(bits:)),
      graceEndsAtMicroseconds: try rows.optionalInstant(row, 9),
      revokedAtMicroseconds: try rows.optionalInstant(row, 10),
      lastUsedAtMicroseconds: try rows.optionalInstant(row, 11))
  }
}

/// A key that was replaced, and the one that took its place.
public struct RotatedAPIKey: Sendable {
  public var replaced: APIKeyDetails
  public var successor: APIKeyDetails
}

extension Rows {
  /// Names of scopes with a space between two.
  func scopes(_ row: Int, _ column: Int) throws -> KeyScopes {
    let names = try string(row, column).split(separator: " ").map(String.init)
    guard let scopes = KeyScopes(names: names) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered unexpected scopes")
    }
    return scopes
  }
}
