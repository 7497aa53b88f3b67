import Postgres
import Tokens

/// The call of `tollgate.settle`: deductions in, answers out, in one statement and hence one transaction.
enum SettleStatement {
  /// Each item for itself.
  static let each = BatchStatement<Deduction, DeductionAnswer>(
    send: { deductions, connection throws(PostgresError) in
      try connection.query(settle, parameters(deductions))
    },
    read: { rows, deductions throws(PostgresError) in try answers(rows, deductions) })

  /// A group as a whole or not at all.
  static let together = BatchStatement<AtomicDeductions, [DeductionAnswer]>(
    largestBatch: 1,
    send: { groups, connection throws(PostgresError) in
      try connection.query(settleAtomically, parameters(groups.flatMap(\.deductions)))
    },
    read: { rows, groups throws(PostgresError) in [try answers(rows, groups.flatMap(\.deductions))] })

  private static func answers(
    _ rows: borrowing Rows, _ deductions: [Deduction]
  ) throws(PostgresError) -> [DeductionAnswer] {
    guard rows.count == deductions.count else { throw .unexpected("number of answers") }
    var answers: [DeductionAnswer] = []
    answers.reserveCapacity(rows.count)
    for (row, deduction) in zip(0..<rows.count, deductions) {
      var answer = try answer(rows, row)
      // Settled by this very request, before the connection that sent it was lost: its sender was not answered yet.
      if answer.settlement?.transactionID == deduction.transactionID { answer.isReplay = false }
      answers.append(answer)
    }
    return answers
  }

  private static let settle = call("tollgate.settle")
  private static let settleAtomically = call("tollgate.settle_atomically")

  private static func call(_ function: String) -> Statement {
    .named(
      """
      SELECT outcome, transaction_id, token_type, cost, balance_before, balance_after, available, state, plan_title, \
      (extract(epoch FROM created_at) * 1000000)::bigint, replayed \
      FROM \(function)($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[], \
      $8::jsonb[], $9::uuid[]) ORDER BY item
      """)
  }

  private static func parameters(_ deductions: [Deduction]) -> [Parameter] {
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

  private static func answer(_ rows: borrowing Rows, _ row: Int) throws(PostgresError) -> DeductionAnswer {
    DeductionAnswer(
      outcome: try rows.outcome(row, 0), settlement: try settlement(rows, row),
      planTitle: try rows.optionalString(row, 8), isReplay: try rows.boolean(row, 10))
  }

  private static func settlement(_ rows: borrowing Rows, _ row: Int) throws(PostgresError) -> SettledDeduction? {
    guard !rows.isNull(row, 7) else { return nil }
    guard let transactionID = TransactionID(try rows.string(row, 1)) else { throw .unexpected("transaction_id") }
    return SettledDeduction(
      transactionID: transactionID, tokenType: try rows.string(row, 2), cost: try rows.integer(row, 3),
      balanceBefore: try rows.integer(row, 4), balanceAfter: try rows.integer(row, 5),
      available: try rows.integer(row, 6), state: try rows.state(row, 7),
      createdAtMicroseconds: try rows.integer(row, 9))
  }
}
