import Postgres
import Tokens

extension Rows {
  /// An outcome by its name in SQL.
  func outcome(_ row: Int, _ column: Int) throws(PostgresError) -> Outcome {
    guard let outcome = Outcome(rawValue: try string(row, column)) else { throw .unexpected("outcome") }
    return outcome
  }

  /// A balance's state by its name in SQL.
  func state(_ row: Int, _ column: Int) throws(PostgresError) -> BalanceState {
    guard let state = BalanceState(rawValue: try string(row, column)) else { throw .unexpected("state") }
    return state
  }
}

extension PostgresError {
  /// A value that the functions in sql/ do not return: another version's, or a defect.
  static func unexpected(_ column: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected \(column)")
  }
}
