import Postgres
import Tokens

extension Rows {
  /// An outcome by its name in SQL.
  func outcome(_ row: Int, _ column: Int) throws(PostgresError) -> Outcome {
    guard let place = try place(row, column, in: Names.outcomes) else { throw .unexpected("outcome") }
    return Names.outcomesInOrder[place]
  }

  /// A balance's state by its name in SQL.
  func state(_ row: Int, _ column: Int) throws(PostgresError) -> BalanceState {
    guard let place = try place(row, column, in: Names.states) else { throw .unexpected("state") }
    return Names.statesInOrder[place]
  }
}

/// The names that SQL has for outcomes and states.
private enum Names {
  static let outcomesInOrder = Outcome.allCases
  static let outcomes = Vocabulary(outcomesInOrder.map(\.rawValue))
  static let statesInOrder = BalanceState.allCases
  static let states = Vocabulary(statesInOrder.map(\.rawValue))
}

extension PostgresError {
  /// A value that the functions in sql/ do not return: another version's, or a defect.
  static func unexpected(_ column: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected \(column)")
  }
}
