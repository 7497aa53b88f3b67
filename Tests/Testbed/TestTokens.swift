public import API
import Crypto

/// A signing secret of this run's own, and tokens made with it: good ones, and any others.
public struct TestTokens: Sendable {
  private let secret: [UInt8]
  private let issuer: String?
  private let audience: String?

  /// Tokens need this issuer and audience; nil: any or none.
  public init(issuer: String? = nil, audience: String? = nil) throws {
    secret = try randomBytes(32)
    self.issuer = issuer
    self.audience = audience
  }

  public func verifier() throws -> TokenVerifier {
    TokenVerifier(keys: [.hs256(try HS256Key(secret: secret))], issuer: issuer, audience: audience)
  }

  /// A user's token.
  public func user(_ userID: String, lifetimeSeconds: Int64 = 3600) throws -> String {
    try mint(subject: userID, role: "authenticated", lifetimeSeconds: lifetimeSeconds)
  }

  /// A trusted server's token.
  public func service() throws -> String { try mint(subject: nil, role: "service_role") }

  public func mint(subject: String?, role: String?, lifetimeSeconds: Int64 = 3600) throws -> String {
    try TokenMinter(secret: secret).mint(
      subject: subject, role: role, lifetimeSeconds: lifetimeSeconds, nowSeconds: WallClock.system.seconds)
  }

  /// Header and payload, whatever they say, signed with the right secret or another one.
  public func sign(header: String = #"{"alg":"HS256","typ":"JWT"}"#, payload: String, with other: [UInt8]? = nil) throws
    -> String
  {
    let input = encodeBase64URL(Array(header.utf8)) + "." + encodeBase64URL(Array(payload.utf8))
    let code = try HMACSHA256(key: other ?? secret).authenticationCode(for: Array(input.utf8))
    return input + "." + encodeBase64URL(code)
  }
}
