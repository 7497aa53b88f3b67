import Accounts
import Tokens

/// What a server knows of API keys, who waits for which, and what there is to ask PostgreSQL: a state machine without
/// input or output. Times are milliseconds of one steady clock.
///
/// What was read of a key counts for `freshMilliseconds` from the moment it was asked for. Keys that are in use are asked
/// for again at half that age, all of them in one look-up, while they go on; a key that nobody has used for so long is
/// looked up before its next use is answered. One look-up runs at a time: what is asked for meanwhile is in the next.
///
/// Only valid keys are remembered. To remember unknown ones would let whoever makes them up fill the memory.
struct KnownKeys<Waiter: Sendable>: Sendable {
  struct Limits: Sendable {
    /// How long what was read counts: so much later at the most a key that was revoked elsewhere is refused.
    var freshMilliseconds: Int64 = 5_000
    /// Between two notes of a key's use.
    var recordMilliseconds: Int64 = 60_000
    /// Keys remembered: a few megabytes.
    var keyCount = 10_000
    /// Keys of one look-up.
    var batchCount = 500
    /// Requests that may wait; further ones are refused.
    var waiterCount = 10_000
  }

  /// What becomes of a question.
  enum Answer {
    /// Read so lately that it counts. A refresh may be due.
    case known(APIKeyRecord)
    /// The waiter is kept until the look-up is over.
    case waiting
    /// Too many wait.
    case overloaded
  }

  private struct Entry {
    var record: APIKeyRecord
    /// When that ends which was read.
    var freshUntil: Int64
    var refreshAt: Int64
    /// When its use was last noted.
    var recordedAt: Int64?
  }

  private let limits: Limits
  private var entries: [APIKeyID: Entry] = [:]
  /// Whom to tell, by key.
  private var waiters: [APIKeyID: [Waiter]] = [:]
  private var waiterCount = 0
  /// To be asked for in a later look-up, each once and in this order.
  private var wanted: [APIKeyID] = []
  private var isWanted: Set<APIKeyID> = []
  /// Asked for in the look-up that runs, since when, and which of them changed meanwhile.
  private var asked: Set<APIKeyID> = []
  private var askedAt: Int64?
  private var changedMeanwhile: Set<APIKeyID> = []
  /// Used, and not noted yet.
  private var used: Set<APIKeyID> = []
  private var isRecording = false

  init(limits: Limits = Limits()) { self.limits = limits }

  var count: Int { entries.count }

  /// What was last read of a key, whether it still counts or not.
  func lastRecord(of id: APIKeyID) -> APIKeyRecord? { entries[id]?.record }

  /// Asks for a key. Unless it is known, the waiter is handed back by `finish`.
  mutating func ask(for id: APIKeyID, _ waiter: @autoclosure () -> Waiter, now: Int64) -> Answer {
    if let entry = entries[id], now < entry.freshUntil {
      if now >= entry.refreshAt, !asked.contains(id) { want(id) }
      return .known(entry.record)
    }
    guard waiterCount < limits.waiterCount else { return .overloaded }
    waiterCount += 1
    waiters[id, default: []].append(waiter())
    if !asked.contains(id) { want(id) }
    return .waiting
  }

  /// The keys of the next look-up, which then runs; nil while one runs or where there is nothing to ask.
  mutating func beginLookUp(now: Int64) -> [APIKeyID]? {
    guard askedAt == nil, !wanted.isEmpty else { return nil }
    let batch = Array(wanted.prefix(limits.batchCount))
    wanted.removeFirst(batch.count)
    isWanted.subtract(batch)
    asked = Set(batch)
    askedAt = now
    return batch
  }

  /// Ends the look-up that runs.
  ///
  /// - Parameters:
  ///   - records: those of its keys that are valid; nil when there was no answer.
  ///   - now: the present.
  /// - Returns: whom to tell what was found.
  mutating func finishLookUp(_ records: [APIKeyRecord]?, now: Int64) -> [(waiters: [Waiter], found: APIKeyRecord?)] {
    guard let askedAt else { return [] }
    var found: [APIKeyID: APIKeyRecord] = [:]
    for record in records ?? [] where asked.contains(record.id) { found[record.id] = record }
    var told: [(waiters: [Waiter], found: APIKeyRecord?)] = []
    for id in asked {
      // What was read may be from before the change: it is asked for again, for those who wait.
      if changedMeanwhile.contains(id) {
        if waiters[id] != nil { want(id) }
        continue
      }
      if records != nil { remember(found[id], as: id, askedAt: askedAt, now: now) }
      guard let waiting = waiters.removeValue(forKey: id) else { continue }
      waiterCount -= waiting.count
      told.append((waiting, found[id]))
    }
    asked = []
    changedMeanwhile = []
    self.askedAt = nil
    return told
  }

  /// Forgets a key that was changed: it is looked up before it is used again.
  mutating func forget(_ id: APIKeyID) {
    entries[id] = nil
    if asked.contains(id) { changedMeanwhile.insert(id) }
  }

  /// Says that a key was used, which is to be noted now and then.
  mutating func use(_ id: APIKeyID, now: Int64) {
    guard let entry = entries[id] else { return }
    if let recordedAt = entry.recordedAt, now - recordedAt < limits.recordMilliseconds { return }
    entries[id]?.recordedAt = now
    used.insert(id)
  }

  /// The keys whose use is to be noted now; nil while that is done for others.
  mutating func beginRecording() -> [APIKeyID]? {
    guard !isRecording, !used.isEmpty else { return nil }
    let batch = Array(used.prefix(limits.batchCount))
    used.subtract(batch)
    isRecording = true
    return batch
  }

  mutating func finishRecording() { isRecording = false }

  private mutating func want(_ id: APIKeyID) {
    if isWanted.insert(id).inserted { wanted.append(id) }
  }

  private mutating func remember(_ record: APIKeyRecord?, as id: APIKeyID, askedAt: Int64, now: Int64) {
    guard let record else {
      entries[id] = nil
      return
    }
    let lifetime = min(limits.freshMilliseconds, record.millisecondsLeft ?? limits.freshMilliseconds)
    if entries[id] == nil, entries.count >= limits.keyCount { makeRoom(now: now) }
    entries[id] = Entry(
      record: record, freshUntil: askedAt + lifetime, refreshAt: askedAt + limits.freshMilliseconds / 2,
      recordedAt: entries[id]?.recordedAt)
  }

  /// Forgets what does not count any more, and everything where that is nothing.
  private mutating func makeRoom(now: Int64) {
    entries = entries.filter { now < $0.value.freshUntil }
    if entries.count >= limits.keyCount { entries.removeAll(keepingCapacity: true) }
  }
}
