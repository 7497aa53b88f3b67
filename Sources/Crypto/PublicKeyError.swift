/// Why a public key is refused. Never contains any of the key.
public enum PublicKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An RSA modulus of fewer than 2048 or more than 8192 bits.
  case modulusSize
  /// An RSA exponent that is even, less than 3 or more than 2^64.
  case exponent
  /// A coordinate that has not exactly 32 bytes.
  case coordinateSize
  /// What is no key at all: a point that is not on its curve, a modulus that is prime or has a small factor.
  case invalid
  /// libcrypto failed: no memory, or a provider that lacks the algorithm.
  case libraryFailure

  /// One sentence.
  public var description: String {
    switch self {
    case .modulusSize: "The RSA modulus has not between 2048 and 8192 bits."
    case .exponent: "The RSA exponent is not an odd number from 3 to 2^64."
    case .coordinateSize: "A coordinate of the P-256 key has not exactly 32 bytes."
    case .invalid: "The numbers are no public key."
    case .libraryFailure: "libcrypto could not take in the key."
    }
  }
}
