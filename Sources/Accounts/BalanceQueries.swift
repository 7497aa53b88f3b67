import Postgres
import Tokens

/// Reads balances through `tollgate.check_balances` and `tollgate.read_balances`.
enum BalanceQueries {
  private static let checkStatement = Statement.named(
    """
    SELECT outcome, token_type, required, balance, available \
    FROM tollgate.check_balances($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[])
    """)

  static func check(_ deduction: Deduction, on connection: inout Connection) throws -> BalanceCheck {
    let rows = try connection.query(
      checkStatement,
      [
        .array([deduction.organizationID.description]), .array([deduction.spender.userID?.description]),
        .booleans([deduction.spender.needsMembership]), .array([deduction.feature]), .integers([deduction.units]),
      ])
    return BalanceCheck(
      outcome: try outcome(rows, 0), tokenType: try rows.optionalString(0, 1),
      required: try rows.optionalInteger(0, 2), balance: try rows.integer(0, 3), available: try rows.integer(0, 4))
  }

  private static let readStatement = Statement.named(
    """
    SELECT outcome, token_type, balance, reserved, available, allocated, used, purchased, state, \
    (extract(epoch FROM refresh_date) * 1000000)::bigint \
    FROM tollgate.read_balances($1::uuid[], $2::uuid[], $3::boolean[])
    """)

  static func balances(
    of organizationID: OrganizationID, for spender: Spender, on connection: inout Connection
  ) throws -> (outcome: Outcome, balances: [Balance]) {
    let rows = try connection.query(
      readStatement,
      [
        .array([organizationID.description]), .array([spender.userID?.description]),
        .booleans([spender.needsMembership]),
      ])
    var balances: [Balance] = []
    for row in 0..<rows.count where !rows.isNull(row, 1) { balances.append(try balance(rows, row)) }
    return (try outcome(rows, 0), balances)
  }

  private static func balance(_ rows: borrowing Rows, _ row: Int) throws -> Balance {
    guard let state = BalanceState(rawValue: try rows.string(row, 8)) else { throw unexpected("state") }
    return Balance(
      tokenType: try rows.string(row, 1), balance: try rows.integer(row, 2), reserved: try rows.integer(row, 3),
      available: try rows.integer(row, 4), allocated: try rows.integer(row, 5), used: try rows.integer(row, 6),
      purchased: try rows.integer(row, 7), refreshDateMicroseconds: try rows.optionalInteger(row, 9), state: state)
  }

  private static func outcome(_ rows: borrowing Rows, _ row: Int) throws -> Outcome {
    guard let outcome = Outcome(rawValue: try rows.string(row, 0)) else { throw unexpected("outcome") }
    return outcome
  }

  private static func unexpected(_ column: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unknown \(column)")
  }
}
