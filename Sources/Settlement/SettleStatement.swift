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
    try SettlementRows.answers(rows, deductions.map(\.transactionID))
  }

  /// Answers in the order of its items, which is checked and not sorted for once more.
  private static let settle = call("tollgate.settle")
  private static let settleAtomically = call("tollgate.settle_atomically", " ORDER BY item")

  private static func call(_ function: String, _ order: String = "") -> Statement {
    .named(
      """
      SELECT \(SettlementRows.columns) \
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
}
