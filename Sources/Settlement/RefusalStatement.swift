import Postgres
import Tokens

/// The call of `tollgate.record_checked_refusals`: refusals in, nothing out.
enum RefusalStatement {
  static let statement = BatchStatement<CheckedRefusal, Void>(
    send: { refusals, connection throws(PostgresError) in
      let count = refusals.count
      return try connection.query(
        record,
        [
          .uuids(count) { refusals[$0].organizationID.bits },
          .uuids(count) { refusals[$0].spender.userID?.bits },
          .texts(count) { refusals[$0].feature },
          .texts(count) { refusals[$0].outcome.rawValue },
          .texts(count) { refusals[$0].tokenType },
          .integers(count) { refusals[$0].required },
          .integers(count) { refusals[$0].priceVersion },
          .integers(count) { refusals[$0].balance },
          .texts(count) { refusals[$0].limit },
          .texts(count) { refusals[$0].eventID },
          .uuids(count) { refusals[$0].transactionID.bits },
        ])
    },
    read: { _, refusals throws(PostgresError) in refusals.map { _ in () } })

  private static let record = Statement.named(
    """
    SELECT tollgate.record_checked_refusals($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], \
    $7::bigint[]::integer[], $8::bigint[], $9::text[], $10::text[], $11::uuid[])
    """)
}

extension CheckedRefusal: BatchRequest {
  /// A second time would be a second row.
  var isRepeatable: Bool { false }
  static var changesSomething: Bool { true }
}
