import Postgres

/// What to do with a batch that PostgreSQL did not settle (reliability: "What SQLSTATEs mean").
enum RetryRule: Equatable {
  /// Send the same batch again: it was rolled back for somebody else's sake.
  case again
  /// Send its halves: one item spoils it for the others.
  case split
  /// Answer every item with the failure.
  case giveUp

  /// A batch is sent at most this often before it is split.
  static let attemptLimit = 3

  init(error: PostgresError, attempt: Int, itemCount: Int, everyItemHasKey: Bool) {
    let isConcurrent: Bool =
      switch error.sqlState {
      // A unique violation is the idempotency key that another server settled at this moment: the next look finds it.
      case SQLState.serializationFailure?, SQLState.deadlockDetected?, SQLState.uniqueViolation?: true
      default: false
      }
    switch error.kind {
    case .server where isConcurrent && attempt < Self.attemptLimit: self = .again
    // What was settled before the connection was lost is found by its keys.
    case .connectionLost where everyItemHasKey && attempt < Self.attemptLimit: self = .again
    case .server where SettlementFailure(error).isDefect || isConcurrent: self = itemCount > 1 ? .split : .giveUp
    case .decoding: self = itemCount > 1 ? .split : .giveUp
    default: self = .giveUp
    }
  }
}

extension SettlementFailure {
  fileprivate var isDefect: Bool {
    if case .defect = self { true } else { false }
  }
}
