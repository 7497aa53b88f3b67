import CCrypto

/// A public key as libcrypto holds it, and its owner.
///
/// Unchecked, because an EVP_PKEY does not change after `init`: what verifies only reads it, and its caches have locks.
final class PublicKeyHandle: @unchecked Sendable {
  private let pointer: OpaquePointer

  /// Takes in the numbers of a key and looks whether they are one.
  ///
  /// - Parameters:
  ///   - type: libcrypto's name, `RSA` or `EC`.
  ///   - numbers: what the key consists of.
  /// - Throws: `PublicKeyError`.
  init(type: String, numbers: borrowing KeyNumbers) throws(PublicKeyError) {
    guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw Self.failure(.libraryFailure) }
    defer { EVP_PKEY_CTX_free(context) }
    guard let parameters = numbers.parameters() else { throw Self.failure(.libraryFailure) }
    defer { OSSL_PARAM_free(parameters) }
    guard EVP_PKEY_fromdata_init(context) == 1 else { throw Self.failure(.libraryFailure) }
    var made: OpaquePointer?
    let status = EVP_PKEY_fromdata(context, &made, tollgate_public_key_selection(), parameters)
    guard status == 1, let made else { throw Self.failure(.invalid) }
    guard Self.isSound(made) else {
      EVP_PKEY_free(made)
      throw Self.failure(.invalid)
    }
    pointer = made
  }

  deinit {
    EVP_PKEY_free(pointer)
  }

  /// NIST SP 800-56B, section 6.4.2, and SP 800-56A, section 5.6.2.3.
  private static func isSound(_ key: OpaquePointer) -> Bool {
    guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
    defer { EVP_PKEY_CTX_free(context) }
    return EVP_PKEY_public_check(context) == 1
  }

  private static func failure(_ error: PublicKeyError) -> PublicKeyError {
    ERR_clear_error()
    return error
  }

  /// Whether a signature over the SHA-256 digest of a message is right.
  ///
  /// - Parameters:
  ///   - signature: in the form that libcrypto wants for this type of key.
  ///   - message: of any length.
  ///   - configure: sets what else there is to say, such as a padding; 1 when that was possible.
  /// - Returns: also false for a signature of no form at all.
  /// - Throws: `CryptoError` when libcrypto could not begin.
  func isValid(
    _ signature: [UInt8], for message: ArraySlice<UInt8>, configure: (OpaquePointer?) -> Int32 = { _ in 1 }
  ) throws(CryptoError) -> Bool {
    guard let context = EVP_MD_CTX_new() else { throw .failure("allocate a verification") }
    defer { EVP_MD_CTX_free(context) }
    var keyContext: OpaquePointer?
    guard EVP_DigestVerifyInit_ex(context, &keyContext, "SHA256", nil, nil, pointer, nil) == 1,
      configure(keyContext) == 1
    else { throw .failure("begin a verification") }
    let status = message.withUnsafeBytes { message in
      EVP_DigestVerify(context, signature, signature.count, message.baseAddress, message.count)
    }
    // Any other status: wrong, or so malformed that libcrypto calls it an error. The reason is left in a queue that
    // belongs to the thread.
    if status != 1 { ERR_clear_error() }
    return status == 1
  }
}
