import CCrypto

/// Why a cryptographic operation could not be done. Never contains keys or messages.
public enum CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A key or a count is outside of what the operation documents.
  case invalidLength
  /// libcrypto refused: no memory, no entropy, or a provider that lacks the algorithm.
  case libraryFailure(operation: String)

  /// One sentence.
  public var description: String {
    switch self {
    case .invalidLength: "A length is outside of what the cryptographic operation allows."
    case .libraryFailure(let operation): "libcrypto could not do this: \(operation)."
    }
  }

  /// The failure of an operation; empties libcrypto's error queue, which belongs to the thread and would otherwise be
  /// found by whoever uses the thread next.
  static func failure(_ operation: String) -> CryptoError {
    ERR_clear_error()
    return .libraryFailure(operation: operation)
  }
}
