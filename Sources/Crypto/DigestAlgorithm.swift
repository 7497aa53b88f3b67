import CCrypto

/// A digest looked up once: libcrypto's lookup costs as much as hashing a short message.
///
/// Unchecked, because an EVP_MD does not change after it was fetched and its count of references is atomic.
final class DigestAlgorithm: @unchecked Sendable {
  /// SHA-256 (FIPS 180-4). `nil` when the installed libcrypto lacks it.
  static let sha256 = DigestAlgorithm(name: "SHA256")

  let pointer: OpaquePointer

  private init?(name: String) {
    guard let pointer = EVP_MD_fetch(nil, name, nil) else { return nil }
    self.pointer = pointer
  }

  deinit {
    EVP_MD_free(pointer)
  }
}
