import Postgres
import Tokens

@testable import Settlement

extension Connection {
  /// Settles a batch in one call, as a lane does.
  mutating func settle(_ deductions: [Deduction]) throws -> [DeductionAnswer] {
    try SettleStatement.each.read(SettleStatement.each.send(deductions, &self), deductions)
  }

  mutating func settle(_ deduction: Deduction) throws -> DeductionAnswer { try settle([deduction])[0] }

  /// The single value of a query.
  mutating func text(_ statement: Statement, _ parameters: [Parameter] = []) throws -> String? {
    let rows = try query(statement, parameters)
    return try rows.optionalString(0, 0)
  }

  mutating func integer(_ statement: Statement, _ parameters: [Parameter] = []) throws -> Int64 {
    let rows = try query(statement, parameters)
    return try rows.integer(0, 0)
  }

  /// All rows of a query, each with its values separated by bars; NULL is the empty text.
  mutating func lines(_ statement: Statement, _ parameters: [Parameter] = []) throws -> [String] {
    let rows = try query(statement, parameters)
    var lines: [String] = []
    for row in 0..<rows.count {
      var values: [String] = []
      for column in 0..<rows.columnCount { values.append(try rows.optionalString(row, column) ?? "") }
      lines.append(values.joined(separator: "|"))
    }
    return lines
  }

  /// The SQLSTATE that a statement is refused with; nil when it is not.
  mutating func refusal(_ statement: Statement, _ parameters: [Parameter] = []) throws -> String? {
    do throws(PostgresError) {
      _ = try query(statement, parameters)
      return nil
    } catch {
      guard error.kind == .server, let state = error.sqlState else { throw error }
      return state.rawValue
    }
  }

  /// Acts as a role from here on, with these claims or none.
  mutating func become(_ role: String, claims: String? = nil) throws {
    try script("RESET ROLE")
    _ = try query("SELECT set_config('request.jwt.claims', $1, false)", [.text(claims ?? "")])
    try script("SET ROLE \(role)")
  }

  /// Acts as a user of the existing web apps does.
  mutating func become(user: UserID) throws {
    try become("authenticated", claims: #"{"sub": "\#(user)", "role": "authenticated"}"#)
  }
}

extension Connection {
  /// Blocks until another session waits for a lock that session `holder` has.
  mutating func waitUntilSomebodyWaits(for holder: Int32) throws {
    try script(
      """
      DO $$
      BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE \(Int64(holder)) = ANY (pg_blocking_pids(pid))) LOOP
          PERFORM pg_stat_clear_snapshot();
        END LOOP;
      END
      $$
      """)
  }
}
