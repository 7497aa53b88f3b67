public import Postgres
public import Tokens

/// What vault keys have sealed, so that another key under the same id is noticed.
extension Administration {
  /// The known values that were sealed under vault keys, by the keys' ids.
  ///
  /// - Parameter connection: of the server's login or an administrator.
  /// - Returns: sealed values.
  /// - Throws: `PostgresError`.
  public static func vaultKeys(on connection: inout Connection) throws -> [String: SealedBytes] {
    let rows = try connection.query(Statement("SELECT key_id, sealed FROM tollgate.read_vault_keys()"))
    var known: [String: SealedBytes] = [:]
    for row in 0..<rows.count { known[try rows.string(row, 0)] = SealedBytes(try rows.bytes(row, 1)) }
    return known
  }

  /// Keeps the known value of a vault key, unless there is one.
  ///
  /// - Parameters:
  ///   - sealed: under this key.
  ///   - keyID: the key's id.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the one that is kept, which may be another server's.
  /// - Throws: `PostgresError`.
  public static func keepVaultKey(
    _ sealed: SealedBytes, under keyID: String, on connection: inout Connection
  ) throws -> SealedBytes {
    SealedBytes(
      try connection.query("SELECT tollgate.keep_vault_key($1, $2::bytea)", [.text(keyID), .bytes(sealed.bytes)])
        .bytes(0, 0))
  }
}
