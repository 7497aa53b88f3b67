/// Why a request got no decision. A decision against the request is no failure.
public enum ServiceFailure: Error, Sendable, Equatable {
  /// Too much is waiting, or PostgreSQL is short of something: nothing was spent, trying again helps.
  case overloaded
  /// PostgreSQL cannot be reached: nothing was spent, trying again helps.
  case databaseUnavailable
  /// The connection was lost when the answer was due: tokens may have been spent. The same key again tells.
  case outcomeUnknown
  /// A defect of ours. Nothing was spent. The cause is bland: kind and SQLSTATE, fit for a log.
  case defect(cause: String)
}
