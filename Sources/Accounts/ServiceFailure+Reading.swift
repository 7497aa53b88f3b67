import Postgres
import Tokens

extension ServiceFailure {
  /// What a failure of PostgreSQL means to a question. It changes nothing, so a lost connection is no riddle.
  init(reading error: any Error) {
    switch (error as? PostgresError)?.meaning {
    case .busy: self = .overloaded
    case .unreachable, .effectUnknown: self = .databaseUnavailable
    case .defect, nil: self = .defect(cause: "\(error)")
    }
  }
}
