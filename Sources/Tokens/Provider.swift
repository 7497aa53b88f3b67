/// The name of somebody that tenants connect to: `[a-z][a-z0-9_]{0,62}`.
public struct ProviderName: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  /// Nil for any other text.
  public init?(_ text: String) {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = text.utf8.first, letters ~= first, text.utf8.count <= 63,
      text.utf8.allSatisfy({ letters ~= $0 || digits ~= $0 || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.text = text
  }

  public var description: String { text }
}

/// How a client proves to a provider who it is (RFC 6749, section 2.3.1).
public enum ClientAuthentication: String, CaseIterable, Sendable {
  /// By the field `Authorization`.
  case basic
  /// By `client_id` and `client_secret` in the body.
  case post
}

/// An OAuth 2.0 server, and how this service is registered there. The client secret is not in it.
public struct Provider: Sendable {
  public var name: ProviderName
  /// Where people are sent for consent, `https://…`.
  public var authorizationURL: String
  /// Where codes and refresh tokens are exchanged, `https://…`.
  public var tokenURL: String
  /// Where refresh tokens are revoked (RFC 7009); nil: nowhere.
  public var revocationURL: String?
  public var clientID: String
  public var clientAuthentication: ClientAuthentication
  public var scopes: [String]
  /// Where people come back to.
  public var redirectURI: String
  /// What the authorization URL says besides: a JSON object of texts.
  public var authorizationParameters: String
  /// Microseconds since 1970; 0 before it was written.
  public var updatedAtMicroseconds: Int64

  public init(
    name: ProviderName, authorizationURL: String, tokenURL: String, revocationURL: String?, clientID: String,
    clientAuthentication: ClientAuthentication, scopes: [String], redirectURI: String,
    authorizationParameters: String = "{}", updatedAtMicroseconds: Int64 = 0
  ) {
    self.name = name
    self.authorizationURL = authorizationURL
    self.tokenURL = tokenURL
    self.revocationURL = revocationURL
    self.clientID = clientID
    self.clientAuthentication = clientAuthentication
    self.scopes = scopes
    self.redirectURI = redirectURI
    self.authorizationParameters = authorizationParameters
    self.updatedAtMicroseconds = updatedAtMicroseconds
  }
}

/// An address of a provider's, and what it takes to be let in there.
public struct ProviderDoor: Sendable {
  public var url: String
  public var clientID: String
  public var clientSecret: SealedBytes
  public var clientAuthentication: ClientAuthentication

  public init(
    url: String, clientID: String, clientSecret: SealedBytes, clientAuthentication: ClientAuthentication
  ) {
    self.url = url
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.clientAuthentication = clientAuthentication
  }
}
