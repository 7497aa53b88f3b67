import CCrypto

/// An RSA public key that verifies signatures of RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), from any thread.
public final class RSAPublicKey: Sendable {
  /// The sizes of a modulus that are accepted. Smaller ones are too weak (RFC 7518, section 3.3), larger ones cost more
  /// than an answer may.
  public static let modulusBitCounts = 2_048...8_192

  private let handle: PublicKeyHandle
  private let modulusByteCount: Int

  /// Takes in a key.
  ///
  /// - Parameters:
  ///   - modulus: n, from 2048 to 8192 bits, the most significant byte first; zeros before it mean nothing.
  ///   - exponent: e, odd, from 3 to 2^64, in the same form.
  /// - Throws: `PublicKeyError`.
  public init(modulus: [UInt8], exponent: [UInt8]) throws(PublicKeyError) {
    let modulus = Array(modulus.drop { $0 == 0 })
    let exponent = Array(exponent.drop { $0 == 0 })
    guard Self.modulusBitCounts.contains(Self.bitCount(modulus)) else { throw .modulusSize }
    // An odd number of at most 64 bits is less than 2^64.
    guard let last = exponent.last, last & 1 == 1, exponent.count <= 8, exponent != [1] else { throw .exponent }
    var numbers = try KeyNumbers()
    numbers.add("n", number: modulus)
    numbers.add("e", number: exponent)
    handle = try PublicKeyHandle(type: "RSA", numbers: numbers)
    modulusByteCount = modulus.count
  }

  /// Whether a signature is the message's.
  ///
  /// - Parameters:
  ///   - signature: of any length; one that has not exactly as many bytes as the modulus is wrong.
  ///   - message: of any length.
  /// - Returns: false for whatever is no signature of the message under this key.
  /// - Throws: `CryptoError` when libcrypto could not begin.
  public func isValid(_ signature: [UInt8], for message: ArraySlice<UInt8>) throws(CryptoError) -> Bool {
    guard signature.count == modulusByteCount else { return false }
    return try handle.isValid(signature, for: message) { EVP_PKEY_CTX_set_rsa_padding($0, RSA_PKCS1_PADDING) }
  }

  /// Of a number without zeros before it.
  private static func bitCount(_ number: [UInt8]) -> Int {
    number.count * 8 - (number.first?.leadingZeroBitCount ?? 0)
  }
}
