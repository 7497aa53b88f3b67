import Postgres
import Tokens

extension ServiceFailure {
  /// What a failure of PostgreSQL means to the requests of a batch that was not committed, or may have been.
  init(_ error: PostgresError) {
    switch error.meaning {
    case .busy: self = .overloaded
    case .unreachable: self = .databaseUnavailable
    case .effectUnknown: self = .outcomeUnknown
    case .defect: self = .defect(cause: "\(error)")
    }
  }
}
