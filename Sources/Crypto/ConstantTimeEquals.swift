import CCrypto

/// Whether two secrets are equal, in a time that does not depend on their content.
///
/// Their lengths are no secret: unequal lengths are answered at once.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBytes { left in
    right.withUnsafeBytes { right in
      guard let left = left.baseAddress, let rightStart = right.baseAddress else { return true }
      return CRYPTO_memcmp(left, rightStart, right.count) == 0
    }
  }
}
