import Glibc
import Locking

/// Tokens whose signature was found valid, so that a client's thousandth request does not cost what its first did.
///
/// A token is forgotten when it expires or the keys change, and everything is when there are too many. What a token says is fixed by its
/// signature; whether its user belongs anywhere is asked of PostgreSQL each time.
final class VerifiedTokens: Sendable {
  private struct Entry {
    let token: [UInt8]
    let proven: ProvenCaller
    let expiresAtSeconds: Int64
    let generation: Int
  }

  /// The end of a token, which is the end of its signature: no two tokens have the same by chance, and nobody can make
  /// one up. It finds the entry; that the whole token is the same is looked at then.
  private struct Ending: Hashable {
    let high: UInt64
    let low: UInt64

    /// nil for what is too short to be a token.
    init?(_ token: ArraySlice<UInt8>) {
      guard token.count >= 16 else { return nil }
      (high, low) = token.withUnsafeBytes { bytes in
        (
          bytes.loadUnaligned(fromByteOffset: bytes.count - 16, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
        )
      }
    }
  }

  /// Tokens kept: some tens of megabytes at the most.
  private let limit: Int
  private let entries = Mutex<[Ending: Entry]>([:])

  init(limit: Int = 20_000) { self.limit = limit }

  /// The caller of a token that was verified before, with the keys of this generation, and has not expired.
  func caller(of token: ArraySlice<UInt8>, nowSeconds: Int64, generation: Int) -> ProvenCaller? {
    guard let ending = Ending(token) else { return nil }
    return entries.withLock { entries in
      guard let entry = entries[ending], Self.isSame(entry.token, token) else { return nil }
      guard nowSeconds < entry.expiresAtSeconds, entry.generation == generation else {
        entries[ending] = nil
        return nil
      }
      return entry.proven
    }
  }

  /// The generation is the one that the keys had before the token was verified.
  func remember(_ proven: ProvenCaller, of token: ArraySlice<UInt8>, expiresAtSeconds: Int64, generation: Int) {
    guard let ending = Ending(token) else { return }
    entries.withLock { entries in
      if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
      entries[ending] = Entry(
        token: Array(token), proven: proven, expiresAtSeconds: expiresAtSeconds, generation: generation)
    }
  }

  private static func isSame(_ kept: [UInt8], _ token: ArraySlice<UInt8>) -> Bool {
    guard kept.count == token.count else { return false }
    return kept.withUnsafeBytes { kept in
      token.withUnsafeBytes { token in
        guard let left = kept.baseAddress, let right = token.baseAddress else { return true }
        return memcmp(left, right, token.count) == 0
      }
    }
  }
}
