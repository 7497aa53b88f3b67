import CCrypto

/// A public key on the curve P-256 that verifies signatures of ECDSA with SHA-256 (FIPS 186-4, section 6), from any
/// thread.
public final class P256PublicKey: Sendable {
  /// The length of a coordinate in bytes.
  public static let coordinateByteCount = 32
  /// The length of a signature in bytes: r and s, one after the other (RFC 7518, section 3.4).
  public static let signatureByteCount = 64

  private let handle: PublicKeyHandle

  /// Takes in a key.
  ///
  /// - Parameters:
  ///   - x: exactly 32 bytes, the most significant first.
  ///   - y: the same.
  /// - Throws: `PublicKeyError`, also for a point that is not on the curve.
  public init(x: [UInt8], y: [UInt8]) throws(PublicKeyError) {
    guard x.count == Self.coordinateByteCount, y.count == Self.coordinateByteCount else { throw .coordinateSize }
    var numbers = try KeyNumbers()
    numbers.add("group", text: "P-256")
    // An uncompressed point (SEC 1, section 2.3.3).
    numbers.add("pub", octets: [0x04] + x + y)
    handle = try PublicKeyHandle(type: "EC", numbers: numbers)
  }

  /// Whether a signature is the message's.
  ///
  /// - Parameters:
  ///   - signature: r and s of 32 bytes each; one of another length, or in DER, is wrong.
  ///   - message: of any length.
  /// - Returns: false for whatever is no signature of the message under this key.
  /// - Throws: `CryptoError` when libcrypto could not begin.
  public func isValid(_ signature: [UInt8], for message: ArraySlice<UInt8>) throws(CryptoError) -> Bool {
    guard signature.count == Self.signatureByteCount else { return false }
    return try handle.isValid(try Self.encodedInDER(signature), for: message)
  }

  /// The same r and s as libcrypto takes them (RFC 3279, section 2.2.3).
  private static func encodedInDER(_ signature: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard let pair = ECDSA_SIG_new() else { throw .failure("allocate a signature") }
    defer { ECDSA_SIG_free(pair) }
    let half = signatureByteCount / 2
    let r = BN_bin2bn(Array(signature.prefix(half)), Int32(half), nil)
    let s = BN_bin2bn(Array(signature.suffix(half)), Int32(half), nil)
    // The pair owns both from here on, unless one is missing.
    guard r != nil, s != nil, ECDSA_SIG_set0(pair, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      throw .failure("allocate a signature")
    }
    let length = i2d_ECDSA_SIG(pair, nil)
    guard length > 0 else { throw .failure("encode a signature") }
    var encoded = [UInt8](repeating: 0, count: Int(length))
    let written = encoded.withUnsafeMutableBufferPointer { buffer in
      var position = buffer.baseAddress
      return i2d_ECDSA_SIG(pair, &position)
    }
    guard written == length else { throw .failure("encode a signature") }
    return encoded
  }
}
