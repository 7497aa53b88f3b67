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

  /// What a failure of PostgreSQL means to a change: after a lost connection it may have been made.
  init(writing error: any Error) {
    switch (error as? PostgresError)?.meaning {
    case .effectUnknown: self = .outcomeUnknown
    default: self.init(reading: error)
    }
  }
}
