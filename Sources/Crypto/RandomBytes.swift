import CCrypto

/// Bytes nobody can predict, from libcrypto's generator seeded by the kernel.
///
/// - Parameter count: From 0 to 1,048,576.
/// - Returns: `count` bytes.
/// - Throws: `CryptoError.invalidLength` for another count, `libraryFailure` when there is no entropy.
public func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
  guard (0...1_048_576).contains(count) else { throw .invalidLength }
  var bytes = [UInt8](repeating: 0, count: count)
  let status = bytes.withUnsafeMutableBufferPointer { RAND_bytes($0.baseAddress, Int32(count)) }
  guard count == 0 || status == 1 else { throw .failure("make random bytes") }
  return bytes
}
