/// Why a token is refused. For logs and tests: clients get the same 401 whatever the reason.
///
/// Never contains any of the token.
public struct TokenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The first rule that the token breaks.
  public enum Reason: Sendable, Equatable {
    /// Longer than 8 KiB.
    case tooLong
    /// Not three segments of Base64url.
    case malformed
    /// The header is no JSON object, or a parameter is of the wrong type.
    case invalidHeader
    /// The header asks for an extension (`crit`, `b64`); none is supported.
    case unsupportedExtension
    /// `typ` is neither `JWT` nor `at+jwt`.
    case wrongType
    /// No key is for the algorithm that the header names.
    case algorithmNotAllowed
    /// No key of that algorithm has the `kid` that the header names.
    case unknownKey
    /// The key set that may have a key for it was not found yet; the fault is not the token's.
    case keysUnavailable
    /// No key made the signature.
    case wrongSignature
    /// The payload is no JSON object.
    case invalidPayload
    /// A claim is of the wrong type or out of range.
    case invalidClaim(name: String)
    /// There is no `exp`.
    case noExpiry
    /// `exp` has come.
    case expired
    /// `nbf` is in the future.
    case notYetValid
    /// `iat` is in the future.
    case issuedInTheFuture
    /// `iss` is absent or another than configured.
    case wrongIssuer
    /// `aud` is absent or does not contain the one configured.
    case wrongAudience
    /// libcrypto failed; the fault is not the token's.
    case cryptographyFailed
  }

  /// The first rule that the token breaks.
  public let reason: Reason

  init(_ reason: Reason) {
    self.reason = reason
  }

  /// One sentence.
  public var description: String {
    switch reason {
    case .tooLong: "The token is too long."
    case .malformed: "The token is not three segments of Base64url."
    case .invalidHeader: "The token's header is invalid."
    case .unsupportedExtension: "The token's header asks for an unsupported extension."
    case .wrongType: "The token's type is not JWT."
    case .algorithmNotAllowed: "The token's algorithm is not that of any key."
    case .unknownKey: "The token names an unknown key."
    case .keysUnavailable: "The token could not be verified because there is no key set yet."
    case .wrongSignature: "The token's signature is wrong."
    case .invalidPayload: "The token's payload is invalid."
    case .invalidClaim(let name): "The token's claim \(name) is invalid."
    case .noExpiry: "The token has no expiry."
    case .expired: "The token has expired."
    case .notYetValid: "The token is not valid yet."
    case .issuedInTheFuture: "The token was issued in the future."
    case .wrongIssuer: "The token's issuer is not the one configured."
    case .wrongAudience: "The token is not for the audience configured."
    case .cryptographyFailed: "The token could not be verified because libcrypto failed."
    }
  }
}
