import JSON
import Postgres
import Tokens

/// The call of `tollgate.settle` for movements that are more than units × a price. Lanes of their own send it, so that
/// the many plain deductions need not carry what only these have.
enum MovementStatement {
  static let statement = BatchStatement<Movement, MovementAnswer>(
    outcomes: { [$0.outcome] },
    send: { movements, connection throws(PostgresError) in
      try connection.query(settle, parameters(movements))
    },
    read: { rows, movements throws(PostgresError) in
      try SettlementRows.answers(rows, movements.map(\.transactionID))
    })

  private static let settle = Statement.named(
    """
    SELECT \(SettlementRows.columns) \
    FROM tollgate.settle(\(SettlementRows.parameters), $10::jsonb[])
    """, results: .binary)

  private static func parameters(_ movements: [Movement]) -> [Parameter] {
    let count = movements.count
    return [
      .uuids(count) { movements[$0].organizationID.bits },
      .uuids(count) { movements[$0].spender.userID?.bits },
      .booleans(count) { movements[$0].spender.needsMembership },
      .texts(count) { movements[$0].operation.feature },
      .integers(count) { movements[$0].operation.units },
      .texts(count) { movements[$0].idempotencyKey?.value },
      .texts(count) { movements[$0].eventID },
      .documents(count) { movements[$0].metadata },
      .uuids(count) { movements[$0].transactionID.bits },
      .documents(count) { movements[$0].request },
    ]
  }
}

extension Movement: BatchRequest {
  /// A key settles at most once, and so does a payment.
  var isRepeatable: Bool {
    if case .topUp = operation { true } else { idempotencyKey != nil }
  }
  static var changesSomething: Bool { true }
}
