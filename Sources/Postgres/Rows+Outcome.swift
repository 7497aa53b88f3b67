import CLibPQ

/// What a result says about its statement.
enum Outcome {
  case success
  /// The server wants to copy data in or out, which nothing here does.
  case copy
  case failure
}

extension Rows {
  var outcome: Outcome {
    switch status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: .success
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copy
    default: .failure
    }
  }

  /// The failure this result reports, given whether libpq still holds the connection after the statement.
  func failure(connectionIsOpen: Bool) -> PostgresError {
    guard let sqlState = field(tollgate_result_sqlstate).map(SQLState.init(rawValue:)) else {
      // libpq itself gave up: an end of file, or no memory for the result. What the server did is unknown.
      return PostgresError(kind: .connectionLost, serverMessage: errorMessage)
    }
    let severity = field(tollgate_result_severity)
    let isLost = !connectionIsOpen || sqlState.endsConnection || severity == "FATAL" || severity == "PANIC"
    return PostgresError(
      kind: isLost ? .connectionLost : .server, sqlState: sqlState,
      constraint: field(tollgate_result_constraint), serverMessage: field(tollgate_result_message))
  }
}
