import Postgres
import Tokens

/// The call of `tollgate.read_balances`: organizations in, their balances out, in one statement.
enum BalanceStatement {
  static let statement = BatchStatement<BalanceReading, BalanceReport>(
    send: { readings, connection throws(PostgresError) in
      let count = readings.count
      return try connection.query(
        read,
        [
          .uuids(count) { readings[$0].organizationID.bits },
          .uuids(count) { readings[$0].spender.userID?.bits },
          .booleans(count) { readings[$0].spender.needsMembership },
        ])
    },
    read: { rows, readings throws(PostgresError) in try reports(rows, readings.count) })

  private static func reports(_ rows: borrowing Rows, _ count: Int) throws(PostgresError) -> [BalanceReport] {
    var reports = [BalanceReport?](repeating: nil, count: count)
    var texts = RepeatedTexts()
    for row in 0..<rows.count {
      let item = Int(try rows.integer(row, 0)) - 1
      guard reports.indices.contains(item) else { throw .unexpected("item") }
      var report = BalanceReport(outcome: try rows.outcome(row, 1), balances: reports[item]?.balances ?? [])
      if !rows.isNull(row, 2) { report.balances.append(try balance(rows, row, &texts)) }
      reports[item] = report
    }
    return reports.compactMap { $0 }
  }

  private static let read = Statement.named(
    """
    SELECT item, outcome, token_type, balance, reserved, available, allocated, used, purchased, state, \
    refresh_date \
    FROM tollgate.read_balances($1::uuid[], $2::uuid[], $3::boolean[])
    """, results: .binary)

  private static func balance(
    _ rows: borrowing Rows, _ row: Int, _ texts: inout RepeatedTexts
  ) throws(PostgresError) -> Balance {
    Balance(
      tokenType: try rows.string(row, 2, among: &texts), balance: try rows.integer(row, 3),
      reserved: try rows.integer(row, 4),
      available: try rows.integer(row, 5), allocated: try rows.integer(row, 6), used: try rows.integer(row, 7),
      purchased: try rows.integer(row, 8), refreshDateMicroseconds: try rows.optionalInstant(row, 10),
      state: try rows.state(row, 9))
  }
}
