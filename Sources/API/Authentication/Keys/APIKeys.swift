import Accounts
import Crypto
import Log
import Synchronization
import Tokens

/// Says who is there with an API key. Never blocks.
///
/// A key that is unknown, has another secret, is revoked, replaced or expired gets the same 401, and the same work: its
/// digest is compared with another one, in constant time, where there is none.
final class APIKeys: Sendable {
  private struct Waiter: Sendable {
    let digest: [UInt8]
    let completion: @Sendable (Result<APIKeyIdentity, Problem>) -> Void
  }

  private let accounts: Accounts
  private let clock: SteadyMilliseconds
  private let log: Logger
  private let known: Mutex<KnownKeys<Waiter>>
  /// Compared with where there is no key: no text has it.
  private static let noDigest = [UInt8](repeating: 0, count: 32)

  init(accounts: Accounts, clock: SteadyMilliseconds = .system, log: Logger) {
    self.accounts = accounts
    self.clock = clock
    self.log = log
    known = Mutex(KnownKeys())
  }

  /// Whether a bearer token means to be an API key.
  static func isKey(_ token: ArraySlice<UInt8>) -> Bool { token.starts(with: APIKeyText.prefix.utf8) }

  /// Tells whose key this is: at once where that is known, else from another thread. 401 for what is no valid key, 503
  /// when nobody can say.
  func identity(
    of token: ArraySlice<UInt8>, completion: @escaping @Sendable (Result<APIKeyIdentity, Problem>) -> Void
  ) {
    guard let text = APIKeyText(token) else {
      completion(.failure(.unauthorized))
      return
    }
    let now = clock.now
    let result: Result<APIKeyIdentity, Problem>? = known.withLock { known in
      switch known.ask(for: text.id, Waiter(digest: text.digest, completion: completion), now: now) {
      case .known(let record):
        let identity = Self.identity(record, text.digest)
        if identity != nil { known.use(text.id, now: now) }
        return identity.map(Result.success) ?? .failure(.unauthorized)
      case .waiting: return nil
      case .overloaded: return .failure(Problem(ServiceFailure.overloaded))
      }
    }
    lookUp()
    guard let result else { return }
    recordUses()
    completion(result)
  }

  /// Forgets what is known of a key, because it was changed.
  func forget(_ id: APIKeyID) { known.withLock { $0.forget(id) } }

  private static func identity(_ record: APIKeyRecord?, _ digest: [UInt8]) -> APIKeyIdentity? {
    let isRight = constantTimeEquals(record?.digest ?? noDigest, digest)
    guard let record, isRight else { return nil }
    return APIKeyIdentity(keyID: record.id, organizationID: record.organizationID, scopes: record.scopes)
  }

  /// Begins the next look-up, if there is one and none runs.
  private func lookUp() {
    guard let batch = known.withLock({ $0.beginLookUp(now: clock.now) }) else { return }
    accounts.keys(batch) { [self] result in
      let now = clock.now
      let told = known.withLock { known in
        let told = known.finishLookUp(try? result.get(), now: now)
        for (waiters, record) in told {
          guard let record, waiters.contains(where: { Self.identity(record, $0.digest) != nil }) else { continue }
          known.use(record.id, now: now)
        }
        return told
      }
      // Before the waiters are told, so that others need not wait for what those do.
      lookUp()
      recordUses()
      for (waiters, record) in told {
        for waiter in waiters {
          waiter.completion(
            result.mapError(Problem.init).flatMap { _ in
              Self.identity(record, waiter.digest).map(Result.success) ?? .failure(.unauthorized)
            })
        }
      }
    }
  }

  /// Begins to note uses, if there are any and it is not being done.
  private func recordUses() {
    guard let batch = known.withLock({ $0.beginRecording() }) else { return }
    accounts.recordUses(of: batch) { [self] result in
      known.withLock { $0.finishRecording() }
      if case .failure(let cause) = result {
        log.warning("not noted when keys were used", ["cause": .string("\(cause)")])
      }
      recordUses()
    }
  }
}
