import Postgres
import Tokens

extension ServiceFailure {
  /// What a failure of PostgreSQL means to a question that may have been charged, or a result that may be stored.
  init(deciding error: any Error) {
    switch (error as? PostgresError)?.meaning {
    case .busy: self = .overloaded
    case .unreachable: self = .databaseUnavailable
    case .effectUnknown: self = .outcomeUnknown
    case .defect, nil: self = .defect(cause: "\(error)")
    }
  }
}
