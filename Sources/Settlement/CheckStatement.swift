import Postgres
import Tokens

/// The call of `tollgate.check_balances`: questions in, answers out, in one statement.
enum CheckStatement {
  static let statement = BatchStatement<BalanceQuestion, BalanceCheck>(
    send: { questions, connection throws(PostgresError) in
      let count = questions.count
      return try connection.query(
        check,
        [
          .uuids(count) { questions[$0].organizationID.bits },
          .uuids(count) { questions[$0].spender.userID?.bits },
          .booleans(count) { questions[$0].spender.needsMembership },
          .texts(count) { questions[$0].feature },
          .integers(count) { questions[$0].dimensions == nil ? questions[$0].units : nil },
          .documents(count) { questions[$0].dimensions.map(request) },
        ])
    },
    read: { rows, _ throws(PostgresError) in try answers(rows) })

  private static func answers(_ rows: borrowing Rows) throws(PostgresError) -> [BalanceCheck] {
    var texts = RepeatedTexts()
    var answers: [BalanceCheck] = []
    answers.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      answers.append(
        BalanceCheck(
          outcome: try rows.outcome(row, 0), tokenType: try rows.optionalString(row, 1, among: &texts),
          required: try rows.optionalInteger(row, 2), balance: try rows.optionalInteger(row, 3),
          available: try rows.optionalInteger(row, 4),
          state: rows.isNull(row, 5) ? nil : try rows.state(row, 5),
          limit: try rows.optionalString(row, 6, among: &texts),
          retryAfterSeconds: try rows.optionalInteger(row, 7), priceVersion: try rows.optionalInteger(row, 8)))
    }
    return answers
  }

  /// What `tollgate.check_balances` takes as one of its requests. Names of dimensions need no escape.
  private static func request(_ dimensions: Dimensions) -> String {
    let members = dimensions.quantities.map { #""\#($0.dimension)":\#($0.quantity)"# }
    return #"{"units":{"# + members.joined(separator: ",") + "}}"
  }

  private static let check = Statement.named(
    """
    SELECT outcome, token_type, required, balance, available, state, details ->> 'limit', \
    (details ->> 'retryAfterSeconds')::bigint, price_version::bigint \
    FROM tollgate.check_balances($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::jsonb[])
    """, results: .binary)
}
