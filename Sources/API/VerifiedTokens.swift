import Synchronization

/// Tokens whose signature was found valid, so that a client's thousandth request does not cost what its first did.
///
/// A token is forgotten when it expires, and everything is when there are too many. What a token says is fixed by its
/// signature; whether its user belongs anywhere is asked of PostgreSQL each time.
final class VerifiedTokens: Sendable {
  private struct Entry {
    let caller: Caller
    let expiresAtSeconds: Int64
  }

  /// Tokens kept: some tens of megabytes at the most.
  private let limit: Int
  private let entries = Mutex<[String: Entry]>([:])

  init(limit: Int = 20_000) { self.limit = limit }

  /// The caller of a token that was verified before and has not expired.
  func caller(of token: String, nowSeconds: Int64) -> Caller? {
    entries.withLock { entries in
      guard let entry = entries[token] else { return nil }
      guard nowSeconds < entry.expiresAtSeconds else {
        entries[token] = nil
        return nil
      }
      return entry.caller
    }
  }

  func remember(_ caller: Caller, of token: String, expiresAtSeconds: Int64) {
    entries.withLock { entries in
      if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
      entries[token] = Entry(caller: caller, expiresAtSeconds: expiresAtSeconds)
    }
  }
}
