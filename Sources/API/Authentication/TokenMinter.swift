internal import Crypto
internal import JSON

/// Makes tokens signed with HS256, for operators and development.
public struct TokenMinter: Sendable {
  /// The longest lifetime, in seconds: ten years of 366 days.
  public static let maximumLifetimeSeconds: Int64 = 3_660 * 86_400

  private let key: HS256Key

  /// A minter.
  ///
  /// - Parameter key: Its identifier, if it has one, becomes the tokens' `kid`.
  public init(key: HS256Key) {
    self.key = key
  }

  /// A minter.
  ///
  /// - Parameter secret: At least 32 bytes.
  /// - Throws: `InvalidKeyError`.
  public init(secret: [UInt8]) throws(InvalidKeyError) {
    self.init(key: try HS256Key(secret: secret))
  }

  /// A token in compact form; claims that are `nil` are left out.
  ///
  /// - Parameters:
  ///   - subject: `sub`.
  ///   - role: `role`.
  ///   - lifetimeSeconds: How long it is valid, from 1 to `maximumLifetimeSeconds`.
  ///   - nowSeconds: The present, in seconds since 1970, from 0; becomes `iat`.
  ///   - issuer: `iss`.
  ///   - audience: `aud`.
  /// - Returns: Three segments of Base64url.
  /// - Throws: `MintingError`.
  public func mint(
    subject: String?, role: String?, lifetimeSeconds: Int64, nowSeconds: Int64, issuer: String? = nil,
    audience: String? = nil
  ) throws(MintingError) -> String {
    guard (1...Self.maximumLifetimeSeconds).contains(lifetimeSeconds) else { throw .invalidLifetime }
    let (expiresAt, overflow) = nowSeconds.addingReportingOverflow(lifetimeSeconds)
    guard nowSeconds >= 0, !overflow else { throw .invalidLifetime }

    var payload = JSONWriter()
    payload.beginObject()
    if let subject { payload.member("sub", subject) }
    if let role { payload.member("role", role) }
    if let issuer { payload.member("iss", issuer) }
    if let audience { payload.member("aud", audience) }
    payload.member("iat", nowSeconds)
    payload.member("exp", expiresAt)
    payload.endObject()
    return try sign(payload.finish())
  }

  private func sign(_ payload: [UInt8]) throws(MintingError) -> String {
    var header = JSONWriter()
    header.beginObject()
    header.member("alg", "HS256")
    header.member("typ", "JWT")
    if let identifier = key.identifier { header.member("kid", identifier) }
    header.endObject()

    let signingInput = encodeBase64URL(header.finish()) + "." + encodeBase64URL(payload)
    do {
      let signature = try key.code.authenticationCode(for: Array(signingInput.utf8))
      return signingInput + "." + encodeBase64URL(signature)
    } catch {
      throw .cryptographyFailed
    }
  }
}

/// Why no token was made.
public enum MintingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The lifetime is not from 1 second to ten years, or the present is before 1970.
  case invalidLifetime
  /// libcrypto failed.
  case cryptographyFailed

  /// One sentence that says what to do.
  public var description: String {
    switch self {
    case .invalidLifetime: "A token's lifetime must be from 1 second to \(TokenMinter.maximumLifetimeSeconds) seconds."
    case .cryptographyFailed: "libcrypto failed to sign the token; check the installation of OpenSSL 3."
    }
  }
}
