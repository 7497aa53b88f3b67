import Postgres
import Tokens

/// Decides what is sent when: a state machine without threads, clocks or connections of its own. Times are
/// milliseconds of whatever clock its owner has.
struct Batcher<Request: BatchRequest, Answer: Sendable> {
  typealias Item = Pending<Request, Answer>

  private var queue = FairQueue<Item>()
  /// Batches to send before anything new, the last one first.
  private var unsettled: [Batch<Request, Answer>] = []
  private var size: BatchSize
  private var isCollecting = false
  private(set) var counts = LaneFigures.Counts()
  /// Items that wait for a batch.
  var waiting: Int { queue.count }
  /// Items that may wait, in all and of one organization.
  private let limit: Int
  private let organizationLimit: Int

  /// An organization may fill half of the queue, so that the flood of one never closes the door to the others.
  init(limit: Int, largestBatch: Int = BatchSize.range.upperBound) {
    self.limit = limit
    size = BatchSize(largest: largestBatch)
    organizationLimit = max(1, limit / 2)
  }

  enum Admission {
    /// There is no room.
    case refused
    /// Somebody is collecting already.
    case waits
    /// The owner must start to collect.
    case startsCollection
  }

  mutating func admit(_ item: Item) -> Admission {
    let organization = item.request.organizationID
    guard hasRoom(for: organization) else {
      counts.refused += 1
      return .refused
    }
    queue.append(item, of: organization)
    if isCollecting { return .waits }
    isCollecting = true
    return .startsCollection
  }

  private func hasRoom(for organization: OrganizationID) -> Bool {
    // Of one organization no more can wait than of all.
    queue.count < limit && (queue.count < organizationLimit || queue.count(of: organization) < organizationLimit)
  }

  /// What to send now. Nil ends the collection: the next admission starts another.
  ///
  /// `expired` are items whose deadline has passed: they are answered and never sent.
  mutating func takeBatch(now: Int64) -> (batch: Batch<Request, Answer>?, expired: [Item]) {
    if let batch = unsettled.popLast() { return (batch, []) }
    var items: [Item] = []
    items.reserveCapacity(min(size.limit, queue.count))
    var expired: [Item] = []
    while items.count < size.limit, let item = queue.takeNext() {
      if item.deadline < now { expired.append(item) } else { items.append(item) }
    }
    counts.expired += expired.count
    isCollecting = !items.isEmpty
    return (items.isEmpty ? nil : Batch(items: items), expired)
  }

  /// The batch was answered.
  mutating func succeeded(count: Int, milliseconds: Int64) {
    size.learn(count: count, milliseconds: milliseconds)
    counts.batches += 1
    counts.items += count
    counts.busyMilliseconds += milliseconds
  }

  /// The batch was not answered. Returns what to tell whom; the rest is sent again.
  mutating func failed(_ batch: Batch<Request, Answer>, _ error: PostgresError) -> [(Item, ServiceFailure)] {
    counts.failures += 1
    var again = batch
    again.failures += 1
    switch BatchFailureRule(error: error, failuresBefore: batch.failures, itemCount: batch.items.count) {
    case .sendAgain:
      unsettled.append(again)
      return []
    case .split:
      let middle = batch.items.count / 2
      again.failures = 0
      for half in [batch.items[middle...], batch.items[..<middle]] {
        again.items = Array(half)
        unsettled.append(again)
      }
      return []
    case .findOut:
      again.items = batch.items.filter { $0.request.isRepeatable }
      again.mayBeSettled = true
      if !again.items.isEmpty { unsettled.append(again) }
      return batch.items.filter { !$0.request.isRepeatable }.map { ($0, .outcomeUnknown) }
    case .giveUp(let failure):
      return batch.items.map { ($0, batch.mayBeSettled ? .outcomeUnknown : failure) }
    }
  }

  /// The batch was settled, but its answers cannot be read: it is not sent again.
  func unreadable(_ batch: Batch<Request, Answer>, _ error: PostgresError) -> [(Item, ServiceFailure)] {
    let failure: ServiceFailure = Request.changesSomething ? .outcomeUnknown : .defect(cause: "\(error)")
    return batch.items.map { ($0, failure) }
  }

  /// Nobody will collect: returns what to tell whom, and starts anew.
  mutating func abandon(_ failure: ServiceFailure) -> [(Item, ServiceFailure)] {
    var told = unsettled.reversed().flatMap { batch in
      batch.items.map { ($0, batch.mayBeSettled ? ServiceFailure.outcomeUnknown : failure) }
    }
    while let item = queue.takeNext() { told.append((item, failure)) }
    unsettled = []
    isCollecting = false
    return told
  }
}
