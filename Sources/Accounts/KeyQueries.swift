import Postgres
public import Tokens

/// What a server needs to verify a key.
public struct APIKeyRecord: Sendable, Equatable {
  public var id: APIKeyID
  /// Nil: the service.
  public var organizationID: OrganizationID?
  /// SHA-256 of the whole key.
  public var digest: [UInt8]
  public var scopes: KeyScopes
  /// How much longer it is valid, by the database's clock; nil: no end.
  public var millisecondsLeft: Int64?

  public init(
    id: APIKeyID, organizationID: OrganizationID?, digest: [UInt8], scopes: KeyScopes, millisecondsLeft: Int64?
  ) {
    self.id = id
    self.organizationID = organizationID
    self.digest = digest
    self.scopes = scopes
    self.millisecondsLeft = millisecondsLeft
  }
}

/// Keys, as servers look them up.
enum KeyQueries {
  static func find(_ ids: [APIKeyID], on connection: inout Connection) throws -> [APIKeyRecord] {
    let rows = try connection.query(find, [.uuids(ids.count) { ids[$0].bits }])
    return try (0..<rows.count).map { row in
      APIKeyRecord(
        id: APIKeyID(bits: try rows.uuid(row, 0)),
        organizationID: try rows.optionalUUID(row, 1).map(OrganizationID.init(bits:)),
        digest: try rows.bytes(row, 2), scopes: try rows.scopes(row, 3),
        millisecondsLeft: try rows.optionalInteger(row, 4))
    }
  }

  static func recordUses(of ids: [APIKeyID], on connection: inout Connection) throws {
    _ = try connection.query(record, [.uuids(ids.count) { ids[$0].bits }])
  }

  private static let find = Statement.named(
    """
    SELECT key_id, organization_id, digest, array_to_string(scopes, ' '), milliseconds_left \
    FROM tollgate.find_keys($1::uuid[])
    """, results: .binary)
  private static let record = Statement.named("SELECT tollgate.record_key_uses($1::uuid[])")
}
