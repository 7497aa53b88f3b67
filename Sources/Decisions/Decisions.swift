import Dispatch
import Glibc
import Locking
public import Postgres
public import Tokens

/// Decision caches: asks them, waits for somebody else's call, brings results.
///
/// PostgreSQL decides. Who has to wait holds no connection meanwhile: servers hear by NOTIFY when a result has come, and
/// look by themselves when they cannot hear. Calls never block; `completion` runs once, on a connection's thread, a queue's
/// or at once on the caller's.
public final class Decisions: Sendable {
  private struct Waiter: Sendable {
    let question: CacheQuestion
    let isThere: @Sendable () -> Bool
    let complete: @Sendable (Result<CacheAnswer, ServiceFailure>) -> Void
  }

  private typealias Place = WaitingRoom<Waiter>.Place

  private struct State: Sendable {
    var asking: Occupancy
    var waiting: Occupancy
    var room = WaitingRoom<Waiter>()
    var listener: Listener?
    var isOpen = true
  }

  private let settings: ConnectionSettings
  private let connections: Lanes
  private let state: Mutex<State>
  private let counts = Mutex(AnswerCounts())
  private let queue = DispatchQueue(label: "decisions")

  /// Requests that may wait for somebody else's calls.
  private static let waitingLimit = 10_000
  /// How long counts gather before they are written.
  private static let countingMilliseconds = 1_000

  /// - Parameters:
  ///   - settings: the server's login.
  ///   - connectionCount: how many questions PostgreSQL is asked at the same time. One more connection listens, from the
  ///     first time on that somebody has to wait.
  ///   - queueLimit: questions that may wait for a connection; of one organization half as many.
  public init(settings: ConnectionSettings, connectionCount: Int = 2, queueLimit: Int = 10_000) {
    self.settings = settings
    var asking = settings
    // One row that somebody holds must not keep a connection from everybody else's questions for long.
    asking.lockTimeoutMilliseconds = min(settings.lockTimeoutMilliseconds, 200)
    connections = Lanes(
      name: "decisions", settings: asking, count: max(1, connectionCount), queueLimit: queueLimit)
    state = Mutex(State(asking: Occupancy(limit: queueLimit), waiting: Occupancy(limit: Self.waitingLimit)))
  }

  /// Asks a cache, and waits for somebody else's call where there is one.
  ///
  /// - Parameters:
  ///   - question: what is asked.
  ///   - isThere: whether whoever asks still waits for the answer. Who has gone is granted no call.
  ///   - completion: runs once.
  public func ask(
    _ question: CacheQuestion, isThere: @escaping @Sendable () -> Bool = { true },
    completion: @escaping @Sendable (Result<CacheAnswer, ServiceFailure>) -> Void
  ) {
    look(question) { [self] result in
      switch result {
      case .failure(let failure): completion(.failure(failure))
      case .success(.answer(let answer)):
        count(answer, to: question)
        completion(.success(answer))
      case .success(.wait(let lease)):
        wait(for: lease, Waiter(question: question, isThere: isThere, complete: completion))
      }
    }
  }

  /// Stores the result of a call, as JSON of at most 64 KiB, and lets those go on who wait for it.
  public func store(
    _ value: String, by lease: LeaseReference,
    completion: @escaping @Sendable (Result<Result<StoredValue, CacheRefusal>, ServiceFailure>) -> Void
  ) {
    perform(for: lease.organizationID, { try CacheQueries.store(value, by: lease, on: &$0) }, completion: completion)
  }

  /// Ends a lease without a result, and tells whether it was open. One of those who wait gets a call of its own.
  public func giveUp(
    _ lease: LeaseReference,
    completion: @escaping @Sendable (Result<Result<Bool, CacheRefusal>, ServiceFailure>) -> Void
  ) {
    perform(for: lease.organizationID, { try CacheQueries.giveUp(lease, on: &$0) }, completion: completion)
  }

  /// Sends everybody away who waits for somebody else's call, and whoever would from now on.
  public func endWaiting() {
    let places = state.withLock { state in
      state.isOpen = false
      return state.room.takeAll().flatMap { $0 }
    }
    for place in places { answer(place, .success(.pending)) }
  }

  /// Sends away who waits, answers what is asked, writes what was counted, then closes the connections. Blocks until that
  /// is done.
  public func shutDown() {
    endWaiting()
    state.withLock { state in state.listener.take() }?.shutDown()
    writeCounts()
    connections.shutDown()
  }
}

// Waiting

extension Decisions {
  private func wait(for lease: OpenLease, _ waiter: Waiter) {
    let seconds = waiter.question.waitSeconds ?? lease.waitSeconds
    let place = Place(waiter: waiter, deadline: Self.now + seconds * 1_000)
    let hasRoom = state.withLock { state in
      guard state.isOpen, seconds > 0 else { return true }
      return state.waiting.enter(waiter.question.organizationID)
    }
    guard hasRoom else { return waiter.complete(.failure(.overloaded)) }
    guard seconds > 0 else { return waiter.complete(.success(.pending)) }
    counts(for: waiter.question) { $0.waits += 1 }
    wait([place], for: lease.id, lasting: lease.milliseconds)
  }

  private func wait(_ places: [Place], for lease: LeaseID, lasting milliseconds: Int64) {
    let now = Self.now
    let entered = state.withLock { state -> Bool? in
      guard state.isOpen else { return nil }
      if state.listener == nil { state.listener = makeListener() }
      return state.room.enter(places, for: lease, lasting: milliseconds, now: now)
    }
    switch entered {
    case nil: for place in places { answer(place, .success(.pending)) }
    case false?: lookAgain(places)
    case true?: setAlarm()
    }
  }

  /// One looks for all who waited for the same, and are there still: a call that is granted is to be made.
  private func lookAgain(_ all: [Place]) {
    // Asked once each: a client may go at any moment.
    let asked = all.map { (place: $0, isThere: $0.waiter.isThere()) }
    for gone in asked where !gone.isThere { answer(gone.place, .success(.pending)) }
    let places = asked.filter(\.isThere).map(\.place)
    guard let first = places.first else { return }
    look(first.waiter.question) { [self] in resume(places, $0) }
  }

  private func resume(_ places: [Place], _ result: Result<CacheLook, ServiceFailure>) {
    guard let first = places.first else { return }
    let others = Array(places.dropFirst())
    switch result {
    case .failure(let failure): for place in places { answer(place, .failure(failure)) }
    case .success(.wait(let lease)): wait(places, for: lease.id, lasting: lease.milliseconds)
    case .success(.answer(let found)):
      switch found {
      case .hit, .fallback(_, CacheAnswer.quotaReached, _):
        for place in places { answer(place, .success(found)) }
      case .miss(let call) where !call.isReplay:
        answer(first, .success(found))
        // Sent again under the same key, it is the same question: it gets the same call.
        let key = first.waiter.question.idempotencyKey
        let same = key == nil ? [] : others.filter { $0.waiter.question.idempotencyKey == key }
        for place in same { lookAgain([place]) }
        wait(
          others.filter { key == nil || $0.waiter.question.idempotencyKey != key }, for: call.leaseID,
          lasting: call.leaseMilliseconds)
      default:
        // What was found is about the one who looked.
        answer(first, .success(found))
        lookAgain(others)
      }
    }
  }

  private func answer(_ place: Place, _ result: Result<CacheAnswer, ServiceFailure>) {
    let question = place.waiter.question
    state.withLock { $0.waiting.leave(question.organizationID) }
    if case .success(let answer) = result { count(answer, to: question) }
    place.waiter.complete(result)
  }

  private func setAlarm() {
    let milliseconds = state.withLock { $0.room.millisecondsToAlarm(now: Self.now) }
    guard let milliseconds else { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds))) { [weak self] in self?.proceed() }
  }

  private func proceed() {
    let due = state.withLock { $0.room.takeDue(now: Self.now) }
    for place in due.late { answer(place, .success(.pending)) }
    for places in due.looking { lookAgain(places) }
    setAlarm()
  }

  private func makeListener() -> Listener {
    Listener(
      channel: "tollgate_leases", settings: settings,
      listens: { [weak self] listens in
        guard let self else { return }
        let now = Self.now
        for places in state.withLock({ $0.room.listens(listens, now: now) }) { lookAgain(places) }
        setAlarm()
      },
      receive: { [weak self] payload in
        guard let self, let lease = LeaseID(payload) else { return }
        lookAgain(state.withLock { $0.room.end(lease) })
      })
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

// Asking PostgreSQL

extension Decisions {
  private func look(
    _ question: CacheQuestion, completion: @escaping @Sendable (Result<CacheLook, ServiceFailure>) -> Void
  ) {
    perform(for: question.organizationID, { try CacheQueries.look(question, on: &$0) }, completion: completion)
  }

  private func perform<Value: Sendable>(
    for organizationID: OrganizationID, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    guard state.withLock({ $0.asking.enter(organizationID) }) else { return completion(.failure(.overloaded)) }
    connections.submit(work) { [self] result in
      state.withLock { $0.asking.leave(organizationID) }
      completion(result.mapError(ServiceFailure.init(deciding:)))
    }
  }
}

// Counting

extension Decisions {
  private func count(_ answer: CacheAnswer, to question: CacheQuestion) {
    switch answer {
    case .hit: counts(for: question) { $0.hits += 1 }
    case .fallback: counts(for: question) { $0.fallbacks += 1 }
    // Calls are counted where they are granted.
    case .miss, .pending, .refused: break
    }
  }

  private func counts(for question: CacheQuestion, _ change: (inout AnswerCounts.Answers) -> Void) {
    let isFirst = counts.withLock { counts in
      defer { counts.count(question.organizationID, question.cache, change) }
      return counts.isEmpty
    }
    if isFirst { writeCountsLater() }
  }

  private func writeCountsLater() {
    queue.asyncAfter(deadline: .now() + .milliseconds(Self.countingMilliseconds)) { [weak self] in
      self?.writeCounts()
    }
  }

  private func writeCounts() {
    let taken = counts.withLock { $0.takeAll() }
    guard !taken.isEmpty else { return }
    connections.submit({ try CacheQueries.count(taken, on: &$0) }) { [weak self] result in
      guard let self, case .failure(let error) = result else { return }
      // Where it is unknown whether they were written they are not written twice.
      guard (error as? PostgresError)?.meaning != .effectUnknown else { return }
      counts.withLock { $0.putBack(taken) }
      writeCountsLater()
    }
  }
}
