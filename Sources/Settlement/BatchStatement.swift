import Postgres
import Tokens

/// The call of `tollgate.settle`: deductions in, answers out, in one statement and hence one transaction.
enum BatchStatement {
  static let settle = Statement.named(
    """
    SELECT outcome, transaction_id, token_type, cost, balance_before, balance_after, available, state, plan_title, \
    (extract(epoch FROM created_at) * 1000000)::bigint, replayed \
    FROM tollgate.settle($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[], \
    $8::jsonb[], $9::uuid[]) ORDER BY item
    """)

  static func parameters(_ deductions: [Deduction]) -> [Parameter] {
    [
      .array(deductions.map { $0.organizationID.description }),
      .array(deductions.map { $0.spender.userID?.description }),
      .booleans(deductions.map { $0.spender.needsMembership }),
      .array(deductions.map { $0.feature }),
      .integers(deductions.map { $0.units }),
      .array(deductions.map { $0.idempotencyKey?.value }),
      .array(deductions.map { $0.eventID }),
      .array(deductions.map { $0.metadata }),
      .array(deductions.map { $0.transactionID.description }),
    ]
  }

  static func answers(_ rows: borrowing Rows, count: Int) throws(PostgresError) -> [DeductionAnswer] {
    guard rows.count == count else {
      throw PostgresError(kind: .decoding, serverMessage: "\(rows.count) answers to \(count) requests")
    }
    var answers: [DeductionAnswer] = []
    answers.reserveCapacity(count)
    for row in 0..<count { answers.append(try answer(rows, row)) }
    return answers
  }

  private static func answer(_ rows: borrowing Rows, _ row: Int) throws(PostgresError) -> DeductionAnswer {
    guard let outcome = Outcome(rawValue: try rows.string(row, 0)) else { throw unexpected("outcome") }
    return DeductionAnswer(
      outcome: outcome, settlement: try settlement(rows, row), planTitle: try rows.optionalString(row, 8),
      isReplay: try rows.boolean(row, 10))
  }

  private static func settlement(_ rows: borrowing Rows, _ row: Int) throws(PostgresError) -> SettledDeduction? {
    guard let stateName = try rows.optionalString(row, 7) else { return nil }
    guard let state = BalanceState(rawValue: stateName) else { throw unexpected("state") }
    guard let transactionID = TransactionID(try rows.string(row, 1)) else { throw unexpected("transaction_id") }
    return SettledDeduction(
      transactionID: transactionID, tokenType: try rows.string(row, 2), cost: try rows.integer(row, 3),
      balanceBefore: try rows.integer(row, 4), balanceAfter: try rows.integer(row, 5),
      available: try rows.integer(row, 6), state: state, createdAtMicroseconds: try rows.integer(row, 9))
  }

  private static func unexpected(_ column: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: "tollgate.settle answered an unknown \(column)")
  }
}
