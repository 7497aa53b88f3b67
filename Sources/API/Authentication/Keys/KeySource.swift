import Dispatch
import Locking
public import Log

import struct Synchronization.Atomic

/// The keys that tokens are verified with: those of the settings, and those of a key set that is looked at again and
/// again.
///
/// `KeyRefreshing` decides, this performs. Nothing here blocks its caller but `start` with a file.
public final class KeySource: Sendable {
  private struct State {
    var refreshing: KeyRefreshing
    var ring: KeyRing
    /// The key set as it was found last.
    var text: [UInt8]?
    var waiting: [@Sendable (Bool) -> Void] = []
    var lookCount = 0
  }

  /// Requests that may wait for one look.
  private static let maximumWaitingCount = 1_000

  private let origin: KeyOrigin?
  private let timing: KeyTiming
  private let log: Logger?
  private let state: Mutex<State>
  private let generationNumber = Atomic<Int>(0)
  private let queue = DispatchQueue(label: "keys")

  /// Keys that never change.
  public convenience init(_ keys: [VerificationKey]) {
    self.init(fixed: keys, origin: nil, timing: .file, log: nil)
  }

  /// Keys of the settings, and of a key set. `start` has to follow.
  ///
  /// - Parameters:
  ///   - fixed: those that never change.
  ///   - origin: where the key set is.
  ///   - timing: when to look.
  ///   - log: gets a line when the keys have changed, and for each look that failed.
  public convenience init(
    fixed: [VerificationKey], origin: KeyOrigin, timing: KeyTiming? = nil, log: Logger
  ) {
    let standard: KeyTiming = if case .file = origin { .file } else { .url }
    self.init(fixed: fixed, origin: .some(origin), timing: timing ?? standard, log: log)
  }

  private init(fixed: [VerificationKey], origin: KeyOrigin?, timing: KeyTiming, log: Logger?) {
    self.origin = origin
    self.timing = timing
    self.log = log
    let ring = KeyRing(fixed: fixed, hasOrigin: origin != nil, published: nil)
    state = Mutex(State(refreshing: KeyRefreshing(timing: timing, now: .now), ring: ring))
  }

  /// Reads a file, or begins to fetch. A server that cannot be reached is asked again; a file has to be there.
  ///
  /// - Throws: `KeySourceError` for a file that cannot be read, or is no key set.
  public func start() throws(KeySourceError) {
    guard let origin else { return }
    guard case .file(let path) = origin else { return lookIfDue() }
    guard state.withLock({ $0.refreshing.beginIfDue(at: .now) }) else { return }
    do throws(KeyOriginError) {
      try take(try KeyOrigin.read(path))
    } catch {
      throw KeySourceError(reason: error.description)
    }
    lookAgain()
  }

  /// Whether tokens can be judged: every key set that there should be was found at least once.
  var isReady: Bool { origin == nil || state.withLock { $0.refreshing.hasSucceeded } }

  /// Counts the changes: what was verified under an earlier number has to be verified again.
  var generation: Int { generationNumber.load(ordering: .acquiring) }

  var ring: KeyRing { state.withLock { $0.ring } }

  /// Looks for keys that are not there yet, where that makes sense now. All who ask meanwhile wait for the same look.
  ///
  /// - Parameter completion: is told whether verifying again makes sense; at once, or after `KeyTiming.patience` at the
  ///   latest.
  func refresh(completion: @escaping @Sendable (Bool) -> Void) {
    let demand = state.withLock { state -> KeyRefreshing.Demand in
      guard origin != nil, state.waiting.count < Self.maximumWaitingCount else { return .refuse }
      let demand = state.refreshing.demand(at: .now)
      if demand != .refuse { state.waiting.append(completion) }
      return demand
    }
    switch demand {
    case .refuse: completion(false)
    case .join: break
    case .begin: look()
    }
  }

  private func lookIfDue() {
    if state.withLock({ $0.refreshing.beginIfDue(at: .now) }) { look() }
  }

  private func look() {
    let number = state.withLock { state in
      state.lookCount += 1
      return state.lookCount
    }
    // Finding an address can take longer than it was granted: who waits does not.
    after(timing.patience) { $0.endWaiting(for: number) }
    origin?.startLoading(patienceSeconds: timing.patience / .seconds(1)) { [weak self] found in
      self?.finish(found)
    }
  }

  private func finish(_ found: Result<FoundKeySet, KeyOriginError>) {
    do throws(KeyOriginError) {
      try take(try found.get())
    } catch {
      fail(error)
    }
    lookAgain()
  }

  /// Takes over a key set, if it is one and a new one.
  private func take(_ found: FoundKeySet) throws(KeyOriginError) {
    guard state.withLock({ $0.text != found.text }) else { return succeed(found, nil) }
    do throws(JSONWebKeySetError) {
      succeed(found, try JSONWebKeySet(found.text))
    } catch {
      throw KeyOriginError(description: error.description)
    }
  }

  private func succeed(_ found: FoundKeySet, _ set: JSONWebKeySet?) {
    let waiting = state.withLock { state in
      state.refreshing.succeeded(
        at: .now, maximumAgeSeconds: found.maximumAgeSeconds, jitter: .random(in: 0...1))
      if let set {
        state.text = found.text
        state.ring.published = set.keys
        generationNumber.add(1, ordering: .acquiringAndReleasing)
      }
      return Self.takeWaiting(&state)
    }
    if let set { report(set) }
    for completion in waiting { completion(true) }
  }

  /// Keeps the keys that there are, unless they are too old.
  private func fail(_ error: KeyOriginError) {
    let (waiting, areDropped) = state.withLock { state in
      state.refreshing.failed(at: .now, jitter: .random(in: 0...1))
      let areDropped = state.ring.published != nil && !state.refreshing.mayKeep(at: .now)
      if areDropped {
        state.ring.published = nil
        state.text = nil
        generationNumber.add(1, ordering: .acquiringAndReleasing)
      }
      return (Self.takeWaiting(&state), areDropped)
    }
    log?.error("token keys not found", ["cause": .string(error.description), "dropped": .boolean(areDropped)])
    for completion in waiting { completion(false) }
  }

  private func endWaiting(for number: Int) {
    let waiting = state.withLock { $0.lookCount == number ? Self.takeWaiting(&$0) : [] }
    for completion in waiting { completion(false) }
  }

  private static func takeWaiting(_ state: inout State) -> [@Sendable (Bool) -> Void] {
    defer { state.waiting = [] }
    return state.waiting
  }

  /// Each look sets the time of the next one.
  private func lookAgain() {
    let wait = state.withLock { $0.refreshing.nextLook } - .now
    after(wait) { $0.lookIfDue() }
  }

  private func after(_ wait: Duration, _ body: @escaping @Sendable (KeySource) -> Void) {
    queue.asyncAfter(deadline: .now() + wait / .seconds(1)) { [weak self] in
      if let self { body(self) }
    }
  }

  private func report(_ set: JSONWebKeySet) {
    log?.info("token keys found", ["count": .integer(set.keys.count)])
    for remark in set.remarks { log?.warning("token key left out", ["cause": .string(remark)]) }
    if set.keys.isEmpty { log?.warning("the key set has no key for RS256 or ES256") }
  }
}

/// Why a server cannot start with the key set that it was told to use.
public struct KeySourceError: Error, Sendable, CustomStringConvertible {
  let reason: String

  /// Two sentences, without the path.
  public var description: String {
    "TOLLGATE_JWT_JWKS names no key set. \(reason) Name a file with a JWK Set (RFC 7517), or an https URL"
  }
}
