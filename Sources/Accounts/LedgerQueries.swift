import Postgres
import Tokens

/// What has happened to an organization's balances.
enum LedgerQueries {
  static func page(_ reading: LedgerReading, on connection: inout Connection) throws -> LedgerReport {
    let filter = reading.filter
    let rows = try connection.query(
      readLedger,
      [
        .uuid(reading.organizationID.bits), .uuid(reading.spender.userID?.bits),
        .boolean(reading.spender.needsMembership), .optional(filter.tokenType), .optional(filter.kind?.rawValue),
        .optional(filter.fromMicroseconds), .optional(filter.toMicroseconds), .uuid(reading.before?.bits),
        .integer(Int64(reading.limit)),
      ])
    guard rows.count > 0 else { return LedgerReport(outcome: .success, entries: []) }
    let outcome = try rows.readingOutcome(0, 0)
    guard outcome == .success else { return LedgerReport(outcome: outcome, entries: []) }
    return LedgerReport(outcome: .success, entries: try (0..<rows.count).map { try entry(rows, $0) })
  }

  static func transaction(
    _ id: TransactionID, of organizationID: OrganizationID, for spender: Spender, on connection: inout Connection
  ) throws -> TransactionReport {
    let rows = try connection.query(
      readTransaction,
      [.uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership), .uuid(id.bits)])
    guard rows.count > 0 else { return TransactionReport(outcome: .success, transaction: nil) }
    let outcome = try rows.readingOutcome(0, 0)
    guard outcome == .success else { return TransactionReport(outcome: outcome, transaction: nil) }
    let explained = ExplainedTransaction(
      entry: try entry(rows, 0), boundBy: try rows.optionalString(0, 22),
      retryAfterSeconds: try rows.optionalInteger(0, 23), price: try rows.optionalString(0, 24),
      limits: try rows.optionalString(0, 25), packs: try rows.optionalString(0, 26),
      refunds: try rows.optionalString(0, 27), refundedTotal: try rows.optionalInteger(0, 28),
      reservation: try rows.optionalString(0, 29))
    return TransactionReport(outcome: .success, transaction: explained)
  }

  static func balances(
    atMicroseconds instant: Int64, of organizationID: OrganizationID, for spender: Spender,
    on connection: inout Connection
  ) throws -> PastBalanceReport {
    let rows = try connection.query(
      balancesAt,
      [
        .uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership), .integer(instant),
      ])
    var balances: [PastBalance] = []
    for row in 0..<rows.count {
      if try rows.string(row, 0) == "in_the_future" { return .inTheFuture }
      let outcome = try rows.readingOutcome(row, 0)
      guard outcome == .success else { return .refused(outcome) }
      balances.append(
        PastBalance(
          tokenType: try rows.string(row, 1), balance: try rows.integer(row, 2), reserved: try rows.integer(row, 3),
          available: try rows.integer(row, 4)))
    }
    return .balances(balances)
  }

  private static let entryColumns = """
    outcome, id, kind, token_type, feature_used, user_id_of_entry, event_id, amount, balance_before, balance_after, \
    sequence, reason, required, subject_id, reservation_id, price_version, units, dimensions::text, from_purchased, \
    idempotency_key, metadata::text, created_at
    """

  private static let readLedger = Statement.named(
    """
    SELECT \(entryColumns) \
    FROM tollgate.read_ledger($1::uuid, $2::uuid, $3::boolean, $4, $5, \
    'epoch'::timestamptz + $6::bigint * interval '1 microsecond', \
    'epoch'::timestamptz + $7::bigint * interval '1 microsecond', $8::uuid, $9::integer)
    """, results: .binary)

  private static let readTransaction = Statement.named(
    """
    SELECT \(entryColumns), bound_by, retry_after_seconds, price::text, limits::text, packs::text, refunds::text, \
    refunded_total, reservation::text \
    FROM tollgate.read_transaction($1::uuid, $2::uuid, $3::boolean, $4::uuid)
    """, results: .binary)

  private static let balancesAt = Statement.named(
    """
    SELECT outcome, token_type, balance, reserved, available \
    FROM tollgate.balances_at($1::uuid, $2::uuid, $3::boolean, \
    'epoch'::timestamptz + $4::bigint * interval '1 microsecond')
    """, results: .binary)

  private static func entry(_ rows: borrowing Rows, _ row: Int) throws -> LedgerEntry {
    guard let kind = LedgerKind(rawValue: try rows.string(row, 2)) else {
      throw Unexpected(column: "kind")
    }
    return LedgerEntry(
      id: TransactionID(bits: try rows.uuid(row, 1)), kind: kind, tokenType: try rows.string(row, 3),
      feature: try rows.optionalString(row, 4), userID: try rows.optionalUUID(row, 5).map(UserID.init(bits:)),
      eventID: try rows.optionalString(row, 6), amount: try rows.integer(row, 7),
      balanceBefore: try rows.integer(row, 8), balanceAfter: try rows.integer(row, 9),
      sequence: try rows.optionalInteger(row, 10), reason: try rows.optionalString(row, 11),
      required: try rows.optionalInteger(row, 12),
      subjectID: try rows.optionalUUID(row, 13).map(TransactionID.init(bits:)),
      reservationID: try rows.optionalUUID(row, 14).map(ReservationID.init(bits:)),
      priceVersion: try rows.optionalInteger(row, 15), units: try rows.optionalInteger(row, 16),
      dimensions: try rows.optionalString(row, 17), fromPurchased: try rows.optionalInteger(row, 18),
      idempotencyKey: try rows.optionalString(row, 19), metadata: try rows.string(row, 20),
      createdAtMicroseconds: try rows.instant(row, 21))
  }
}

/// A value that the functions in sql/ do not return: another version's, or a defect.
private struct Unexpected: Error, CustomStringConvertible {
  let column: String

  var description: String { "PostgreSQL answered an unexpected \(column)" }
}

extension Rows {
  /// Whether somebody may read, by its name in SQL.
  func readingOutcome(_ row: Int, _ column: Int) throws -> Outcome {
    guard let outcome = Outcome(rawValue: try string(row, column)) else {
      throw Unexpected(column: "outcome")
    }
    return outcome
  }
}
