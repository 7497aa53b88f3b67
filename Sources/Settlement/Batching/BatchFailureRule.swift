import Postgres
import Tokens

/// What becomes of a batch that PostgreSQL did not answer (reliability: "What SQLSTATEs mean").
enum BatchFailureRule: Equatable {
  /// Send the same batch again: it was rolled back for somebody else's sake.
  case sendAgain
  /// Send its halves: one item spoils it for the others, until that one is alone.
  case split
  /// The connection was lost: send again what may be sent twice, answer the others that nobody knows.
  case findOut
  /// Answer every item.
  case giveUp(ServiceFailure)

  /// A batch is sent this often before it is split or given up.
  static let attemptLimit = 3

  init(error: PostgresError, failuresBefore: Int, itemCount: Int) {
    let mayTryAgain = failuresBefore + 1 < Self.attemptLimit
    let failure = ServiceFailure(error)
    guard error.kind == .server else {
      switch error.kind {
      case .connectionLost where mayTryAgain: self = .findOut
      // It could not be sent: one item's text has no place in PostgreSQL.
      case .decoding where itemCount > 1: self = .split
      default: self = .giveUp(failure)
      }
      return
    }
    switch error.sqlState {
    // A unique violation is an idempotency key that another server settled at this moment: the next look finds it.
    case SQLState.serializationFailure?, SQLState.deadlockDetected?, SQLState.uniqueViolation?:
      self = mayTryAgain ? .sendAgain : itemCount > 1 ? .split : .giveUp(.overloaded)
    // Somebody holds one of the rows: the others need not wait for it.
    case SQLState.lockNotAvailable? where itemCount > 1: self = .split
    default: self = Self.isOfOneItem(error) && itemCount > 1 ? .split : .giveUp(failure)
    }
  }

  /// Whether one item alone can be the cause: its data (21, 22), a constraint (23), a policy that its organization's rows
  /// do not pass (42501), a size that nothing has room for (54), an exception that a function raises (P0), an internal
  /// error over one row (XX). A missing partition has the SQLSTATE of a constraint but no constraint's name; that, a
  /// missing table or a syntax error would hit each half too.
  private static func isOfOneItem(_ error: PostgresError) -> Bool {
    switch error.sqlState?.conditionClass {
    case "21", "22", "54", "P0", "XX": true
    case "23": error.constraint != nil
    default: error.sqlState == SQLState.insufficientPrivilege
    }
  }
}
