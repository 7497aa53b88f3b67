public import Postgres

/// Why a request got no decision. A decision against the request is no failure but a `DeductionAnswer`.
public enum SettlementFailure: Error, Sendable {
  /// Too much is waiting, or PostgreSQL is short of something: nothing was spent, trying again helps.
  case overloaded
  /// PostgreSQL cannot be reached: nothing was spent, trying again helps.
  case databaseUnavailable
  /// The connection was lost when the answer was due: tokens may have been spent. The same key again tells.
  case outcomeUnknown
  /// A defect of ours. Nothing was spent.
  case defect(PostgresError)
}

extension SettlementFailure {
  /// What a failure of PostgreSQL means to the requests of a batch that was not committed, or may have been.
  public init(_ error: PostgresError) {
    switch error.kind {
    case .connectionFailed, .shutDown: self = .databaseUnavailable
    case .connectionLost: self = .outcomeUnknown
    case .queueFull: self = .overloaded
    case .decoding: self = .defect(error)
    case .server:
      switch error.sqlState {
      case SQLState.lockNotAvailable?, SQLState.queryCanceled?, SQLState.serializationFailure?,
        SQLState.deadlockDetected?:
        self = .overloaded
      case SQLState.readOnlyTransaction?: self = .databaseUnavailable
      case let state? where state.conditionClass == "53": self = .overloaded
      default: self = .defect(error)
      }
    }
  }
}
