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
    var texts = RepeatedTexts()
    var answers: [DeductionAnswer] = []
    answers.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      guard try rows.integer(row, 11) == row + 1 else { throw .unexpected("order of answers") }
      var answer = try answer(rows, row, &texts)
      // Settled by this very request, before the connection that sent it was lost: its sender was not answered yet.
      if answer.settlement?.transactionID == deductions[row].transactionID { answer.isReplay = false }
      answers.append(answer)
    }
    return answers
  }

  /// Answers in the order of its items, which is checked and not sorted for once more.
  private static let settle = call("tollgate.settle")
  private static let settleAtomically = call("tollgate.settle_atomically", " ORDER BY item")

  private static func call(_ function: String, _ order: String = "") -> Statement {
    .named(
      """
      SELECT outcome, transaction_id, token_type, cost, balance_before, balance_after, available, state, plan_title, \
      created_at, replayed, item \
      FROM \(function)($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[], \
      $8::jsonb[], $9::uuid[])\(order)
      """, results: .binary)
  }

  private static func parameters(_ deductions: [Deduction]) -> [Parameter] {
    let count = deductions.count
    return [
      .uuids(count) { deductions[$0].organizationID.bits },
      .uuids(count) { deductions[$0].spender.userID?.bits },
      .booleans(count) { deductions[$0].spender.needsMembership },
      .texts(count) { deductions[$0].feature },
      .integers(count) { deductions[$0].units },
      .texts(count) { deductions[$0].idempotencyKey?.value },
      .texts(count) { deductions[$0].eventID },
      .documents(count) { deductions[$0].metadata },
      .uuids(count) { deductions[$0].transactionID.bits },
    ]
  }

  private static func answer(
    _ rows: borrowing Rows, _ row: Int, _ texts: inout RepeatedTexts
  ) throws(PostgresError) -> DeductionAnswer {
    DeductionAnswer(
      outcome: try rows.outcome(row, 0), settlement: try settlement(rows, row, &texts),
      planTitle: try rows.optionalString(row, 8, among: &texts), isReplay: try rows.boolean(row, 10))
  }

  private static func settlement(
    _ rows: borrowing Rows, _ row: Int, _ texts: inout RepeatedTexts
  ) throws(PostgresError) -> SettledDeduction? {
    guard !rows.isNull(row, 7) else { return nil }
    return SettledDeduction(
      transactionID: TransactionID(bits: try rows.uuid(row, 1)),
      tokenType: try rows.string(row, 2, among: &texts), cost: try rows.integer(row, 3),
      balanceBefore: try rows.integer(row, 4), balanceAfter: try rows.integer(row, 5),
      available: try rows.integer(row, 6), state: try rows.state(row, 7),
      createdAtMicroseconds: try rows.instant(row, 9))
  }
}
