/// What only the vault can open. It may be stored, and means nothing to who reads it.
public struct SealedBytes: Hashable, Sendable {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A credential, by whose it is and where, and on whose behalf it is asked for.
public struct CredentialOwner: Hashable, Sendable {
  public var organizationID: OrganizationID
  public var provider: ProviderName
  public var spender: Spender

  public init(organizationID: OrganizationID, provider: ProviderName, spender: Spender) {
    self.organizationID = organizationID
    self.provider = provider
    self.spender = spender
  }
}

/// How a credential is, without anything secret. Times are microseconds since 1970.
public struct CredentialStatus: Sendable {
  public enum State: String, CaseIterable, Sendable {
    case connected
    /// The provider refuses the refresh token for good.
    case reconsentRequired = "reconsent_required"
  }

  public var state: State
  /// A JSON object.
  public var metadata: String
  public var connectedAtMicroseconds: Int64
  /// Nil: a service or a key.
  public var connectedBy: UserID?
  /// Nil: not since it was connected.
  public var refreshedAtMicroseconds: Int64?
  /// Nil: there is no access token yet.
  public var accessTokenExpiresAtMicroseconds: Int64?

  public init(
    state: State, metadata: String, connectedAtMicroseconds: Int64, connectedBy: UserID?,
    refreshedAtMicroseconds: Int64?, accessTokenExpiresAtMicroseconds: Int64?
  ) {
    self.state = state
    self.metadata = metadata
    self.connectedAtMicroseconds = connectedAtMicroseconds
    self.connectedBy = connectedBy
    self.refreshedAtMicroseconds = refreshedAtMicroseconds
    self.accessTokenExpiresAtMicroseconds = accessTokenExpiresAtMicroseconds
  }
}

/// Tokens of a provider's on their way into the database.
public struct SealedTokens: Sendable {
  /// Nil keeps the one there is.
  public var refreshToken: SealedBytes?
  public var accessToken: SealedAccessToken?

  public init(refreshToken: SealedBytes?, accessToken: SealedAccessToken?) {
    self.refreshToken = refreshToken
    self.accessToken = accessToken
  }
}

/// An access token with its life, in milliseconds from the moment at which it is stored.
public struct SealedAccessToken: Sendable {
  public var bytes: SealedBytes
  public var expiresInMilliseconds: Int64
  /// For so long it is handed out.
  public var freshMilliseconds: Int64

  public init(bytes: SealedBytes, expiresInMilliseconds: Int64, freshMilliseconds: Int64) {
    self.bytes = bytes
    self.expiresInMilliseconds = expiresInMilliseconds
    self.freshMilliseconds = freshMilliseconds
  }
}
