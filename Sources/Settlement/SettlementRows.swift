import Postgres
import Tokens

/// Reads the rows of `tollgate.settlement`, which every call that settles answers with.
enum SettlementRows {
  /// What all of these calls take first.
  static let parameters = """
    $1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::jsonb[], $9::uuid[]
    """

  /// The columns to select, in the order in which they are read.
  static let columns = """
    outcome, transaction_id, token_type, cost, balance_before, balance_after, available, state, plan_title, \
    created_at, replayed, item, details::text
    """

  /// One answer for each request, given what each request is to be called.
  static func answers(
    _ rows: borrowing Rows, _ transactionIDs: [TransactionID]
  ) throws(PostgresError) -> [DeductionAnswer] {
    guard rows.count == transactionIDs.count else { throw .unexpected("number of answers") }
    var texts = RepeatedTexts()
    var answers: [DeductionAnswer] = []
    answers.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      guard try rows.integer(row, 11) == row + 1 else { throw .unexpected("order of answers") }
      var answer = try answer(rows, row, &texts)
      // Settled by this very request, before the connection that sent it was lost: its sender was not answered yet.
      if answer.settlement?.transactionID == transactionIDs[row] { answer.isReplay = false }
      answers.append(answer)
    }
    return answers
  }

  private static func answer(
    _ rows: borrowing Rows, _ row: Int, _ texts: inout RepeatedTexts
  ) throws(PostgresError) -> DeductionAnswer {
    DeductionAnswer(
      outcome: try rows.outcome(row, 0), settlement: try settlement(rows, row, &texts),
      planTitle: try rows.optionalString(row, 8, among: &texts), isReplay: try rows.boolean(row, 10),
      details: try rows.details(row, 12))
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
