import Synchronization
import Tokens

/// A deduction that waits, and whom to tell.
struct PendingDeduction: Sendable {
  let deduction: Deduction
  let completion: @Sendable (Result<DeductionAnswer, SettlementFailure>) -> Void
}

/// What waits for one lane: bounded, first in first out.
final class Mailbox: Sendable {
  private struct State {
    var waiting: [PendingDeduction] = []
    /// Whether a job that will empty the mailbox is on its way.
    var isCollectionDue = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  enum Delivery {
    case full
    /// Somebody is on the way to collect.
    case waiting
    /// The caller must have the mailbox collected.
    case needsCollection
  }

  func deliver(_ pending: PendingDeduction) -> Delivery {
    state.withLock { state in
      guard state.waiting.count < limit else { return .full }
      state.waiting.append(pending)
      if state.isCollectionDue { return .waiting }
      state.isCollectionDue = true
      return .needsCollection
    }
  }

  /// Takes what waits, at most `limit` items. An empty answer ends the collection: the next delivery needs another.
  func collect(limit: Int) -> [PendingDeduction] {
    state.withLock { state in
      let batch = Array(state.waiting.prefix(limit))
      state.waiting.removeFirst(batch.count)
      if batch.isEmpty { state.isCollectionDue = false }
      return batch
    }
  }

  /// Takes everything, because nobody will collect it.
  func abandon() -> [PendingDeduction] {
    state.withLock { state in
      defer { state = State() }
      return state.waiting
    }
  }
}
