internal import Crypto

/// A key that verifies tokens. The key fixes the algorithm (RFC 8725, section 3.1): a token that names another one is
/// refused before the key is used, so that a key is never misread as one of another kind.
public enum VerificationKey: Sendable {
  /// HMAC with SHA-256 (RFC 7518, section 3.2).
  case hs256(HS256Key)
  /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
  case rs256(RS256Key)
  /// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
  case es256(ES256Key)

  /// The names that public keys have in a token's `alg`.
  static let publicAlgorithms = ["RS256", "ES256"]

  /// The name in a token's `alg`.
  var algorithm: String {
    switch self {
    case .hs256: "HS256"
    case .rs256: "RS256"
    case .es256: "ES256"
    }
  }

  /// The name in a token's `kid`; a key without one serves any `kid`.
  var identifier: String? {
    switch self {
    case .hs256(let key): key.identifier
    case .rs256(let key): key.identifier
    case .es256(let key): key.identifier
    }
  }

  func isValid(_ signature: [UInt8], for signingInput: ArraySlice<UInt8>) throws(CryptoError) -> Bool {
    switch self {
    case .hs256(let key): try key.code.isValid(signature, for: signingInput)
    case .rs256(let key): try key.key.isValid(signature, for: signingInput)
    case .es256(let key): try key.key.isValid(signature, for: signingInput)
    }
  }
}

/// A secret shared between those who make tokens and those who verify them.
public struct HS256Key: Sendable {
  /// The shortest secret, in bytes: the size of the digest (RFC 7518, section 3.2).
  public static let minimumSecretByteCount = 32

  let identifier: String?
  let code: HMACSHA256

  /// Takes in a secret.
  ///
  /// - Parameters:
  ///   - secret: At least 32 bytes.
  ///   - identifier: Its `kid`, when several keys are told apart by one.
  /// - Throws: `InvalidKeyError`.
  public init(secret: [UInt8], identifier: String? = nil) throws(InvalidKeyError) {
    guard secret.count >= Self.minimumSecretByteCount else { throw .secretTooShort }
    do {
      code = try HMACSHA256(key: secret)
    } catch {
      throw .cryptographyFailed
    }
    self.identifier = identifier
  }
}

/// A public RSA key.
public struct RS256Key: Sendable {
  let identifier: String?
  let key: RSAPublicKey
}

/// A public key on the curve P-256.
public struct ES256Key: Sendable {
  let identifier: String?
  let key: P256PublicKey
}

/// Why a key is refused. Never contains any of the key.
public enum InvalidKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An HS256 secret of fewer than 32 bytes.
  case secretTooShort
  /// libcrypto failed.
  case cryptographyFailed

  /// One sentence that says what to do.
  public var description: String {
    switch self {
    case .secretTooShort: "An HS256 secret must have at least \(HS256Key.minimumSecretByteCount) bytes."
    case .cryptographyFailed: "libcrypto failed to take in the key; check the installation of OpenSSL 3."
    }
  }
}
