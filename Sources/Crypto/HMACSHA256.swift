import CCrypto

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1) under one key, for any number of messages, from any thread.
///
/// The key is taken in once: both digests of the construction are kept as they stand after their padded key and copied
/// for each message, which is several times faster than starting from the key.
///
/// Unchecked, because after `init` both contexts are only read, to be copied.
public final class HMACSHA256: @unchecked Sendable {
  /// The length of a code in bytes.
  public static let codeByteCount = 32

  private static let blockByteCount = 64

  private let inner: DigestContext
  private let outer: DigestContext

  /// Takes in a key.
  ///
  /// - Parameter key: At least 1 byte. The RFC wants 32 or more; callers with secrets from outside check that.
  /// - Throws: `CryptoError.invalidLength` for an empty key.
  public init(key: [UInt8]) throws(CryptoError) {
    guard !key.isEmpty else { throw .invalidLength }
    guard let algorithm = DigestAlgorithm.sha256 else { throw .failure("find SHA-256") }
    var block = key.count > Self.blockByteCount ? sha256(key) : key
    block.append(contentsOf: repeatElement(0, count: Self.blockByteCount - block.count))
    var innerBlock = block.map { $0 ^ 0x36 }
    var outerBlock = block.map { $0 ^ 0x5C }
    defer {
      block.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
      innerBlock.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
      outerBlock.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
    inner = try DigestContext()
    outer = try DigestContext()
    try inner.begin(algorithm, with: innerBlock)
    try outer.begin(algorithm, with: outerBlock)
  }

  /// The authentication code of a message: 32 bytes.
  public func authenticationCode(for message: [UInt8]) throws(CryptoError) -> [UInt8] {
    try authenticationCode(for: message[...])
  }

  /// The authentication code of a message: 32 bytes.
  public func authenticationCode(for message: ArraySlice<UInt8>) throws(CryptoError) -> [UInt8] {
    let context = try DigestContext()
    try context.copy(from: inner)
    try context.update(message)
    let innerDigest = try context.finish()
    try context.copy(from: outer)
    try context.update(innerDigest)
    return try context.finish()
  }

  /// Whether a code is the message's, in a time that does not depend on where they differ.
  public func isValid(_ code: [UInt8], for message: ArraySlice<UInt8>) throws(CryptoError) -> Bool {
    constantTimeEquals(try authenticationCode(for: message), code)
  }

  /// Whether a code is the message's, in a time that does not depend on where they differ.
  public func isValid(_ code: [UInt8], for message: [UInt8]) throws(CryptoError) -> Bool {
    try isValid(code, for: message[...])
  }
}
