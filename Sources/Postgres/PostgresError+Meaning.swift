extension PostgresError {
  /// What a failure means to somebody who only wanted an answer.
  public enum Meaning: Sendable {
    /// The server, or the way to it, has too much to do at the moment. Nothing took effect.
    case busy
    /// There is no server that takes writes. Nothing took effect.
    case unreachable
    /// Whether it took effect is unknown.
    case effectUnknown
    /// Trying again would fail in the same way. Nothing took effect.
    case defect
  }

  /// The one table from failures to meanings.
  public var meaning: Meaning {
    switch kind {
    case .connectionFailed, .shutDown: .unreachable
    case .connectionLost: .effectUnknown
    case .queueFull: .busy
    case .decoding: .defect
    case .server:
      switch sqlState {
      case SQLState.lockNotAvailable?, SQLState.queryCanceled?, SQLState.serializationFailure?,
        SQLState.deadlockDetected?:
        .busy
      case SQLState.readOnlyTransaction?: .unreachable
      case let state? where state.conditionClass == "53": .busy
      default: .defect
      }
    }
  }
}
