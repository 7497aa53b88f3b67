import Postgres
public import Tokens

/// Why PostgreSQL does nothing with a credential.
public enum CredentialRefusal: String, Error, Sendable {
  /// The user is no member of the organization.
  case forbidden
  /// The user may see what the organization has, and uses nothing of it.
  case notPermitted = "not_permitted"
  case unknownOrganization = "unknown_organization"
  case unknownProvider = "unknown_provider"
  case unknownCredential = "unknown_credential"
  /// Never begun, used before, ended, or another's.
  case unknownAuthorization = "unknown_authorization"
}

/// What the URL of a consent is made of.
public struct AuthorizationPlace: Sendable {
  public var authorizationURL: String
  public var clientID: String
  public var scopes: [String]
  public var redirectURI: String
  /// A JSON object of texts.
  public var parameters: String
}

/// An authorization that somebody came back from.
public struct TakenAuthorization: Sendable {
  /// SHA-256 of the state that it was begun with.
  public var stateDigest: [UInt8]
  public var verifier: SealedBytes
  public var door: ProviderDoor
  public var redirectURI: String
}

/// What there is of an access token.
public enum CredentialUse: Sendable {
  /// One that is good until then, in microseconds since 1970.
  case fresh(SealedBytes, expiresAtMicroseconds: Int64)
  /// Whoever asked refreshes it, alone.
  case leased(CredentialLease)
  /// Somebody else refreshes it, for so long at most.
  case refreshing(milliseconds: Int64)
  /// The provider is not to be asked for so long.
  case retryLater(milliseconds: Int64)
  /// It has to be refreshed, and nobody does.
  case stale
  case reconsentRequired
}

/// The right to refresh a credential, for a time.
public struct CredentialLease: Sendable {
  public var id: TransactionID
  public var version: Int64
  public var refreshToken: SealedBytes
  public var door: ProviderDoor
}

/// A credential that is gone, for the last time.
public struct RemovedCredential: Sendable {
  public var refreshToken: SealedBytes
  /// Nil where the provider has no place for revoking.
  public var revocation: ProviderDoor?
}

/// Credentials, as servers use them. Secrets are sealed in both directions.
enum CredentialQueries {
  static func begin(
    _ owner: CredentialOwner, stateDigest: [UInt8], verifier: SealedBytes, on connection: inout Connection
  ) throws -> Result<AuthorizationPlace, CredentialRefusal> {
    let rows = try connection.query(beginning, owner.parameters + [.bytes(stateDigest), .bytes(verifier.bytes)])
    return try rows.answer {
      AuthorizationPlace(
        authorizationURL: try rows.string(0, 1), clientID: try rows.string(0, 2),
        scopes: try rows.string(0, 3).split(separator: " ").map(String.init), redirectURI: try rows.string(0, 4),
        parameters: try rows.string(0, 5))
    }
  }

  static func take(
    _ owner: CredentialOwner, stateDigest: [UInt8], on connection: inout Connection
  ) throws -> Result<TakenAuthorization, CredentialRefusal> {
    let rows = try connection.query(taking, owner.parameters + [.bytes(stateDigest)])
    return try rows.answer {
      TakenAuthorization(
        stateDigest: try rows.bytes(0, 1), verifier: SealedBytes(try rows.bytes(0, 2)), door: try rows.door(3),
        redirectURI: try rows.string(0, 7))
    }
  }

  static func connect(
    _ owner: CredentialOwner, _ tokens: SealedTokens, metadata: String?, on connection: inout Connection
  ) throws -> Result<Void, CredentialRefusal> {
    let rows = try connection.query(
      connecting, owner.parameters + parameters(tokens) + [.optional(metadata)])
    return try rows.answer {}
  }

  static func read(
    _ owner: CredentialOwner, on connection: inout Connection
  ) throws -> Result<CredentialStatus, CredentialRefusal> {
    let rows = try connection.query(reading, owner.parameters)
    return try rows.answer {
      guard let state = CredentialStatus.State(rawValue: try rows.string(0, 1)) else {
        throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected state")
      }
      return CredentialStatus(
        state: state, metadata: try rows.string(0, 2), connectedAtMicroseconds: try rows.instant(0, 3),
        connectedBy: try rows.optionalUUID(0, 4).map(UserID.init(bits:)),
        refreshedAtMicroseconds: try rows.optionalInstant(0, 5),
        accessTokenExpiresAtMicroseconds: try rows.optionalInstant(0, 6))
    }
  }

  static func use(
    _ owner: CredentialOwner, lease: TransactionID?, leaseSeconds: Int64, on connection: inout Connection
  ) throws -> Result<CredentialUse, CredentialRefusal> {
    let rows = try connection.query(using, owner.parameters + [.uuid(lease?.bits), .integer(leaseSeconds)])
    switch try rows.string(0, 0) {
    case "leased":
      guard let lease else { break }
      return .success(
        .leased(
          CredentialLease(
            id: lease, version: try rows.integer(0, 4), refreshToken: SealedBytes(try rows.bytes(0, 5)),
            door: try rows.door(6))))
    case "refreshing": return .success(.refreshing(milliseconds: try rows.integer(0, 3)))
    case "retry_later": return .success(.retryLater(milliseconds: try rows.integer(0, 3)))
    case "stale": return .success(.stale)
    case "reconsent_required": return .success(.reconsentRequired)
    default: break
    }
    return try rows.answer {
      .fresh(SealedBytes(try rows.bytes(0, 1)), expiresAtMicroseconds: try rows.instant(0, 2))
    }
  }

  /// When the access token ends, in microseconds since 1970, if there is one; nil outside where the credential has
  /// changed meanwhile.
  static func store(
    _ tokens: SealedTokens, of owner: CredentialOwner, under lease: CredentialLease, on connection: inout Connection
  ) throws -> Int64?? {
    let rows = try connection.query(
      storing,
      [
        .uuid(owner.organizationID.bits), .text(owner.provider.text), .uuid(lease.id.bits), .integer(lease.version),
      ] + parameters(tokens))
    return try rows.string(0, 0) == "success" ? .some(try rows.optionalInstant(0, 1)) : .none
  }

  static func end(
    _ lease: CredentialLease, of owner: CredentialOwner, reconsent: Bool, retryMilliseconds: Int64?,
    on connection: inout Connection
  ) throws {
    _ = try connection.query(
      ending,
      [
        .uuid(owner.organizationID.bits), .text(owner.provider.text), .uuid(lease.id.bits), .integer(lease.version),
        .boolean(reconsent), .optional(retryMilliseconds),
      ])
  }

  static func remove(
    _ owner: CredentialOwner, on connection: inout Connection
  ) throws -> Result<RemovedCredential, CredentialRefusal> {
    let rows = try connection.query(removing, owner.parameters)
    return try rows.answer {
      RemovedCredential(
        refreshToken: SealedBytes(try rows.bytes(0, 1)), revocation: rows.isNull(0, 2) ? nil : try rows.door(2))
    }
  }

  private static func parameters(_ tokens: SealedTokens) -> [Parameter] {
    [
      tokens.refreshToken.map { .bytes($0.bytes) } ?? .null,
      tokens.accessToken.map { .bytes($0.bytes.bytes) } ?? .null,
      .optional(tokens.accessToken?.expiresInMilliseconds), .optional(tokens.accessToken?.freshMilliseconds),
    ]
  }

  private static let beginning = Statement.named(
    """
    SELECT outcome, authorization_url, client_id, array_to_string(scopes, ' '), redirect_uri, \
    authorization_parameters::text \
    FROM tollgate.begin_authorization($1::uuid, $2::uuid, $3::boolean, $4, $5::bytea, $6::bytea)
    """)

  private static let taking = Statement.named(
    """
    SELECT outcome, known_digest, verifier, token_url, client_id, client_secret, client_authentication, redirect_uri \
    FROM tollgate.take_authorization($1::uuid, $2::uuid, $3::boolean, $4, $5::bytea)
    """, results: .binary)

  private static let connecting = Statement.named(
    """
    SELECT tollgate.connect_credential($1::uuid, $2::uuid, $3::boolean, $4, $5::bytea, $6::bytea, $7::bigint, \
    $8::bigint, $9::jsonb)
    """)

  private static let reading = Statement.named(
    """
    SELECT outcome, state, metadata::text, connected_at, connected_by, refreshed_at, access_token_expires_at \
    FROM tollgate.read_credential($1::uuid, $2::uuid, $3::boolean, $4)
    """, results: .binary)

  private static let using = Statement.named(
    """
    SELECT outcome, access_token, access_token_expires_at, wait_milliseconds, version, refresh_token, token_url, \
    client_id, client_secret, client_authentication \
    FROM tollgate.use_credential($1::uuid, $2::uuid, $3::boolean, $4, $5::uuid, $6::bigint::integer)
    """, results: .binary)

  private static let storing = Statement.named(
    """
    SELECT outcome, access_token_expires_at \
    FROM tollgate.store_refreshed($1::uuid, $2, $3::uuid, $4::bigint, $5::bytea, $6::bytea, $7::bigint, $8::bigint)
    """, results: .binary)

  private static let ending = Statement.named(
    "SELECT tollgate.end_refresh($1::uuid, $2, $3::uuid, $4::bigint, $5::boolean, $6::bigint)")

  private static let removing = Statement.named(
    """
    SELECT outcome, refresh_token, revocation_url, client_id, client_secret, client_authentication \
    FROM tollgate.remove_credential($1::uuid, $2::uuid, $3::boolean, $4)
    """, results: .binary)
}

extension CredentialOwner {
  fileprivate var parameters: [Parameter] {
    [
      .uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership), .text(provider.text),
    ]
  }
}

extension Rows {
  /// What the first column says became of it: a success is read, everything else is why not.
  fileprivate func answer<Value>(_ read: () throws -> Value) throws -> Result<Value, CredentialRefusal> {
    let outcome = try string(0, 0)
    if outcome == "success" { return .success(try read()) }
    guard let refusal = CredentialRefusal(rawValue: outcome) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected outcome")
    }
    return .failure(refusal)
  }

  /// A URL and the three columns behind it.
  fileprivate func door(_ column: Int) throws -> ProviderDoor {
    guard let authentication = ClientAuthentication(rawValue: try string(0, column + 3)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected authentication")
    }
    return ProviderDoor(
      url: try string(0, column), clientID: try string(0, column + 1),
      clientSecret: SealedBytes(try bytes(0, column + 2)), clientAuthentication: authentication)
  }
}
