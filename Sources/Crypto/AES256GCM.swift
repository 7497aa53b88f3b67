import CCrypto

/// Authenticated encryption by AES-256 in Galois/Counter Mode (NIST SP 800-38D), with nonces of 96 bits and tags of 128.
///
/// A nonce is used once under a key. Random ones may be used 2^32 times under one key (section 8.3).
public struct AES256GCM: Sendable {
  /// Lengths in bytes.
  public static let keyByteCount = 32
  public static let nonceByteCount = 12
  public static let tagByteCount = 16

  /// Longer messages than are ever sealed here, and far below what the mode allows.
  private static let messageLimitBytes = 1 << 20

  private let key: Secret

  /// - Parameter key: 32 bytes.
  /// - Throws: `CryptoError.invalidLength` for another length.
  public init(key: Secret) throws(CryptoError) {
    guard key.count == Self.keyByteCount else { throw .invalidLength }
    self.key = key
  }

  /// Encrypts a message.
  ///
  /// - Parameters:
  ///   - message: up to 1 MiB.
  ///   - nonce: 12 bytes that were never used with this key.
  ///   - associatedData: what is authenticated along with it, and has to be shown again to open it; up to 1 MiB.
  /// - Returns: as many bytes as the message has, and the tag.
  /// - Throws: `CryptoError`.
  public func seal(_ message: Secret, nonce: [UInt8], associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard message.count <= Self.messageLimitBytes else { throw .invalidLength }
    let context = try GCMContext()
    try context.begin(.seal, key, nonce: nonce, associatedData: associatedData)
    var sealed = [UInt8](repeating: 0, count: message.count + Self.tagByteCount)
    let isSealed = message.withBytes { message in
      sealed.withUnsafeMutableBytes { sealed in
        context.update(message, into: sealed.baseAddress) && context.finish()
          && context.readTag(into: UnsafeMutableRawBufferPointer(rebasing: sealed[message.count...]))
      }
    }
    guard isSealed else { throw .failure("seal") }
    return sealed
  }

  /// Decrypts what was sealed with this key, nonce and associated data.
  ///
  /// - Parameters:
  ///   - sealed: ciphertext and tag.
  ///   - nonce: the one it was sealed with.
  ///   - associatedData: the same as then.
  /// - Returns: the message; nil for anything that was not sealed so, or was changed since.
  /// - Throws: `CryptoError`.
  public func open(_ sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws(CryptoError) -> Secret? {
    guard sealed.count >= Self.tagByteCount else { return nil }
    guard sealed.count <= Self.messageLimitBytes + Self.tagByteCount else { throw .invalidLength }
    let context = try GCMContext()
    try context.begin(.open, key, nonce: nonce, associatedData: associatedData)
    var message = [UInt8](repeating: 0, count: sealed.count - Self.tagByteCount)
    defer { message.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    var tag = Array(sealed.suffix(Self.tagByteCount))
    let isAuthentic = sealed.withUnsafeBytes { sealed in
      message.withUnsafeMutableBytes { message in
        context.expectTag(&tag)
          && context.update(UnsafeRawBufferPointer(rebasing: sealed[..<message.count]), into: message.baseAddress)
          && context.finish()
      }
    }
    guard isAuthentic else {
      // Not an error of the library's, but it says so in the thread's queue all the same.
      ERR_clear_error()
      return nil
    }
    return Secret(message)
  }
}

/// One encryption or decryption under way, and the owner of libcrypto's state for it.
private struct GCMContext: ~Copyable {
  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  private let pointer: OpaquePointer

  /// Without anything in it yet: `begin` comes next.
  init() throws(CryptoError) {
    guard let pointer = EVP_CIPHER_CTX_new() else { throw .failure("allocate a cipher") }
    self.pointer = pointer
  }

  deinit { EVP_CIPHER_CTX_free(pointer) }

  /// Takes in all but the message.
  func begin(
    _ direction: Direction, _ key: Secret, nonce: [UInt8], associatedData: [UInt8]
  ) throws(CryptoError) {
    guard nonce.count == AES256GCM.nonceByteCount, associatedData.count <= 1 << 20 else { throw .invalidLength }
    let isReady = key.withBytes { key in
      EVP_CipherInit_ex(
        pointer, EVP_aes_256_gcm(), nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce,
        direction.rawValue) == 1
    }
    guard isReady, associatedData.withUnsafeBytes({ update($0, into: nil) }) else { throw .failure("begin a cipher") }
  }

  /// Without a place for the result it is associated data.
  func update(_ bytes: UnsafeRawBufferPointer, into result: UnsafeMutableRawPointer?) -> Bool {
    guard !bytes.isEmpty else { return true }
    var written: Int32 = 0
    return EVP_CipherUpdate(
      pointer, result?.assumingMemoryBound(to: UInt8.self), &written,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: bytes.count)) == 1
  }

  /// False for a tag that is not the message's.
  func finish() -> Bool {
    // The mode has no rest to write, but a place for it is asked for.
    var rest = [UInt8](repeating: 0, count: 16)
    var written: Int32 = 0
    return EVP_CipherFinal_ex(pointer, &rest, &written) == 1
  }

  func readTag(into tag: UnsafeMutableRawBufferPointer) -> Bool {
    EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagByteCount), tag.baseAddress) == 1
  }

  func expectTag(_ tag: inout [UInt8]) -> Bool {
    EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
  }
}
