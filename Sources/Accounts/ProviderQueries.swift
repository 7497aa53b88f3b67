import Postgres
import Tokens

/// Providers. Their secrets go in sealed, and are not read here.
enum ProviderQueries {
  static func providers(only name: ProviderName? = nil, on connection: inout Connection) throws -> [Provider] {
    let rows = try connection.query(reading, [.optional(name?.text)])
    return try (0..<rows.count).map { try provider(rows, $0) }
  }

  static func set(
    _ provider: Provider, clientSecret: SealedBytes?, on connection: inout Connection
  ) throws -> Provider {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        writing,
        [
          .text(provider.name.text), .text(provider.authorizationURL), .text(provider.tokenURL),
          .optional(provider.revocationURL), .text(provider.clientID),
          clientSecret.map { .bytes($0.bytes) } ?? .null, .text(provider.clientAuthentication.rawValue),
          .array(provider.scopes), .text(provider.redirectURI), .text(provider.authorizationParameters),
        ])
      guard let written = try providers(only: provider.name, on: &connection).first else {
        throw PostgresError(kind: .decoding, serverMessage: "the provider that was written is not there")
      }
      return written
    }
  }

  static func remove(_ provider: ProviderName, on connection: inout Connection) throws {
    _ = try connection.query("SELECT tollgate.remove_provider($1)", [.text(provider.text)])
  }

  private static let reading = Statement.named(
    """
    SELECT provider, authorization_url, token_url, revocation_url, client_id, client_authentication, \
    array_to_string(scopes, ' '), redirect_uri, authorization_parameters::text, updated_at \
    FROM tollgate.read_providers($1)
    """, results: .binary)

  private static let writing = Statement.named(
    "SELECT tollgate.set_provider($1, $2, $3, $4, $5, $6::bytea, $7, $8::text[], $9, $10::jsonb)")

  private static func provider(_ rows: borrowing Rows, _ row: Int) throws -> Provider {
    guard let name = ProviderName(try rows.string(row, 0)),
      let authentication = ClientAuthentication(rawValue: try rows.string(row, 5))
    else { throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected provider") }
    return Provider(
      name: name, authorizationURL: try rows.string(row, 1), tokenURL: try rows.string(row, 2),
      revocationURL: try rows.optionalString(row, 3), clientID: try rows.string(row, 4),
      clientAuthentication: authentication, scopes: try rows.string(row, 6).split(separator: " ").map(String.init),
      redirectURI: try rows.string(row, 7), authorizationParameters: try rows.string(row, 8),
      updatedAtMicroseconds: try rows.instant(row, 9))
  }
}
