import CCrypto

/// A digest under way, and the owner of libcrypto's state for it.
struct DigestContext: ~Copyable {
  private let pointer: OpaquePointer

  /// A context without an algorithm: `begin` or `copy(from:)` comes next.
  init() throws(CryptoError) {
    guard let pointer = EVP_MD_CTX_new() else { throw CryptoError.failure("allocate a digest") }
    self.pointer = pointer
  }

  deinit {
    EVP_MD_CTX_free(pointer)
  }

  /// Starts a digest and takes in its first bytes.
  func begin(_ algorithm: DigestAlgorithm, with prefix: [UInt8]) throws(CryptoError) {
    guard EVP_DigestInit_ex2(pointer, algorithm.pointer, nil) == 1 else {
      throw CryptoError.failure("begin a digest")
    }
    try update(prefix)
  }

  /// Replaces what was taken in by what another has taken in; that one is only read.
  func copy(from other: borrowing DigestContext) throws(CryptoError) {
    guard EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1 else { throw CryptoError.failure("copy a digest") }
  }

  func update(_ bytes: [UInt8]) throws(CryptoError) {
    let status = bytes.withUnsafeBytes { EVP_DigestUpdate(pointer, $0.baseAddress, $0.count) }
    guard status == 1 else { throw CryptoError.failure("update a digest") }
  }

  func update(_ bytes: ArraySlice<UInt8>) throws(CryptoError) {
    let status = bytes.withUnsafeBytes { EVP_DigestUpdate(pointer, $0.baseAddress, $0.count) }
    guard status == 1 else { throw CryptoError.failure("update a digest") }
  }

  /// Ends the digest; the context must be filled again before more is done with it.
  func finish() throws(CryptoError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard EVP_DigestFinal_ex(pointer, &digest, &length) == 1 else { throw CryptoError.failure("end a digest") }
    digest.removeLast(digest.count - Int(length))
    return digest
  }
}
