public import API
import Crypto

/// A signing secret of this run's own, and tokens made with it: good ones, and any others.
public struct TestTokens: Sendable {
  private let secret: [UInt8]
  private let issuer: String?
  private let audience: String?

  /// Tokens need this issuer and audience; nil: any or none.
  public init(issuer: String? = nil, audience: String? = nil) throws {
    self.init(secret: try randomBytes(32), issuer: issuer, audience: audience)
  }

  /// Tokens made with a text that somebody takes for the secret.
  public init(secret: [UInt8], issuer: String? = nil, audience: String? = nil) {
    self.secret = secret
    self.issuer = issuer
    self.audience = audience
  }

  /// A verifier with the secret, or with the keys that `keys` makes of it.
  public func verifier(
    with keys: (VerificationKey) throws -> KeySource = { KeySource([$0]) }
  ) throws -> TokenVerifier {
    let source = try keys(.hs256(try HS256Key(secret: secret)))
    return TokenVerifier(source: source, issuer: issuer, audience: audience)
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

  /// Header and payload, whatever they say, with 256 bytes that are no signature.
  public static func unsigned(header: String, payload: String) -> String {
    let signature = [UInt8](repeating: 0x5A, count: 256)
    return [Array(header.utf8), Array(payload.utf8), signature].map(encodeBase64URL).joined(separator: ".")
  }
}
