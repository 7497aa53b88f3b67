import Postgres
import Tokens

/// The call of `tollgate.settle`: deductions in, answers out, in one statement and hence one transaction.
enum SettleStatement {
  /// Each item for itself.
  static let each = BatchStatement<Deduction, DeductionAnswer>(
    outcomes: { [$0.outcome] },
    send: { deductions, connection throws(PostgresError) in
      try connection.query(settle, parameters(deductions))
    },
    read: { rows, deductions throws(PostgresError) in try answers(rows, deductions) })

  /// A group as a whole or not at all.
  static let together = BatchStatement<AtomicDeductions, [DeductionAnswer]>(
    largestBatch: 1, outcomes: { $0.map(\.outcome) },
    send: { groups, connection throws(PostgresError) in
      let deductions = groups.flatMap(\.deductions)
      return try connection.query(settleAtomically, parameters(deductions) + [requests(deductions)])
    },
    read: { rows, groups throws(PostgresError) in [try answers(rows, groups.flatMap(\.deductions))] })

  private static func answers(
    _ rows: borrowing Rows, _ deductions: [Deduction]
  ) throws(PostgresError) -> [DeductionAnswer] {
    try SettlementRows.answers(rows, deductions.map(\.transactionID))
  }

  /// Answers in the order of its items, which is checked and not sorted for once more.
  private static let settle = Statement.named(
    """
    SELECT \(SettlementRows.columns) \
    FROM tollgate.settle(\(SettlementRows.parameters))
    """, results: .binary)

  private static let settleAtomically = Statement.named(
    """
    SELECT \(SettlementRows.columns) \
    FROM tollgate.settle_atomically(\(SettlementRows.parameters), $10::jsonb[]) \
    ORDER BY item
    """, results: .binary)

  private static func parameters(_ deductions: [Deduction]) -> [Parameter] {
    let count = deductions.count
    return [
      .uuids(count) { deductions[$0].organizationID.bits },
      .uuids(count) { deductions[$0].spender.userID?.bits },
      .booleans(count) { deductions[$0].spender.needsMembership },
      .texts(count) { deductions[$0].feature },
      .integers(count) { deductions[$0].dimensions == nil ? deductions[$0].units : nil },
      .texts(count) { deductions[$0].idempotencyKey?.value },
      .texts(count) { deductions[$0].eventID },
      .documents(count) { deductions[$0].metadata },
      .uuids(count) { deductions[$0].transactionID.bits },
    ]
  }

  /// NULL where nobody asks for anything but units × a price, which is then settled in one go.
  private static func requests(_ deductions: [Deduction]) -> Parameter {
    guard deductions.contains(where: { $0.dimensions != nil }) else { return .null }
    return .documents(deductions.count) { Movement(deductions[$0])?.request }
  }
}
