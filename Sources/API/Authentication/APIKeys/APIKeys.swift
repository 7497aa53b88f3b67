import Accounts
import Crypto
import Locking
import Log
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
    let (result, batch, used) = known.withLock { known in
      let result = Self.answer(
        known.ask(for: text.id, Waiter(digest: text.digest, completion: completion), now: now), text.digest)
      if case .success? = result { known.use(text.id, now: now) }
      return (result, known.beginLookUp(now: now), known.beginRecording())
    }
    if let batch { lookUp(batch) }
    if let used { recordUses(of: used) }
    if let result { completion(result) }
  }

  /// Whether this is a key that was verified before, be it so long ago that it has to be looked up again.
  func remembers(_ token: ArraySlice<UInt8>) -> Bool {
    guard let text = APIKeyText(token), let record = known.withLock({ $0.lastRecord(of: text.id) }) else {
      return false
    }
    return constantTimeEquals(record.digest, text.digest)
  }

  /// Forgets what is known of a key, because it was changed.
  func forget(_ id: APIKeyID) { known.withLock { $0.forget(id) } }

  /// What can be said at once; nil where a look-up is waited for.
  private static func answer(
    _ answer: KnownKeys<Waiter>.Answer, _ digest: [UInt8]
  ) -> Result<APIKeyIdentity, Problem>? {
    switch answer {
    case .known(let record): verify(digest, record)
    case .waiting: nil
    case .overloaded: .failure(Problem(ServiceFailure.overloaded))
    }
  }

  /// Compares digests, whether there is a key or not.
  private static func verify(_ digest: [UInt8], _ record: APIKeyRecord?) -> Result<APIKeyIdentity, Problem> {
    let isRight = constantTimeEquals(record?.digest ?? noDigest, digest)
    guard let record, isRight else { return .failure(.unauthorized) }
    return .success(
      APIKeyIdentity(keyID: record.id, organizationID: record.organizationID, scopes: record.scopes))
  }

  /// Looks keys up that nobody else may look up until that is done, and then those that were asked for meanwhile.
  private func lookUp(_ batch: [APIKeyID]) {
    accounts.keys(batch) { [self] result in
      let now = clock.now
      let (answers, next, used) = known.withLock { known in
        let told = known.finishLookUp(try? result.get(), now: now)
        let answers = told.flatMap { waiters, record in
          waiters.map { waiter in
            let answer = result.mapError(Problem.init).flatMap { _ in Self.verify(waiter.digest, record) }
            return (waiter.completion, answer)
          }
        }
        for case (_, .success(let identity)) in answers { known.use(identity.keyID, now: now) }
        return (answers, known.beginLookUp(now: now), known.beginRecording())
      }
      // Before the waiters are told, so that others need not wait for what those do.
      if let next { lookUp(next) }
      if let used { recordUses(of: used) }
      for (completion, answer) in answers { completion(answer) }
    }
  }

  private func recordUses(of batch: [APIKeyID]) {
    accounts.recordUses(of: batch) { [self] result in
      if case .failure(let cause) = result {
        log.warning("not noted when keys were used", ["cause": .string("\(cause)")])
      }
      let next = known.withLock { known in
        known.finishRecording()
        return known.beginRecording()
      }
      if let next { recordUses(of: next) }
    }
  }
}
