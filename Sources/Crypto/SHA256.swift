import CCrypto

/// The SHA-256 digest (FIPS 180-4) of a message of any length: 32 bytes.
///
/// Stops the process when libcrypto cannot compute it. That takes an exhausted memory or an installation without
/// SHA-256; no input leads there.
public func sha256(_ message: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  let status = message.withUnsafeBytes { bytes in
    EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, DigestAlgorithm.sha256?.pointer, nil)
  }
  precondition(status == 1, "libcrypto cannot compute SHA-256")
  return digest
}
