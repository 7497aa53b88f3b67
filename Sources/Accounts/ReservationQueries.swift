import Postgres
public import Tokens

/// A reservation that somebody asked for, or why it is not theirs to see.
public struct ReservationReport: Sendable {
  /// `success`, `forbidden`, `unknownOrganization` or `unknownReservation`; only a success has a reservation.
  public var outcome: Outcome
  public var reservation: Reservation?
}

/// What is held for work that is not done yet.
enum ReservationQueries {
  static func reservation(
    _ id: ReservationID, of organizationID: OrganizationID, for spender: Spender, on connection: inout Connection
  ) throws -> ReservationReport {
    let rows = try connection.query(
      read,
      [
        .uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership), .uuid(id.bits),
      ])
    guard let outcome = Outcome(rawValue: try rows.string(0, 0)) else {
      throw unexpected("outcome")
    }
    return ReservationReport(
      outcome: outcome, reservation: outcome == .success ? try reservation(id, rows) : nil)
  }

  private static let read = Statement.named(
    """
    SELECT outcome, status, reserved_by, token_type, feature_used, units::text, amount, captured, transaction_id, \
    event_id, metadata::text, expires_at, created_at, finished_at \
    FROM tollgate.read_reservation($1::uuid, $2::uuid, $3::boolean, $4::uuid)
    """, results: .binary)

  private static func reservation(_ id: ReservationID, _ rows: borrowing Rows) throws -> Reservation {
    guard let status = Reservation.Status(rawValue: try rows.string(0, 1)) else {
      throw unexpected("status")
    }
    return Reservation(
      id: id, status: status, userID: try rows.optionalUUID(0, 2).map(UserID.init(bits:)),
      tokenType: try rows.string(0, 3), feature: try rows.optionalString(0, 4), units: try rows.optionalString(0, 5),
      amount: try rows.integer(0, 6), captured: try rows.integer(0, 7),
      transactionID: try rows.optionalUUID(0, 8).map(TransactionID.init(bits:)),
      eventID: try rows.optionalString(0, 9), metadata: try rows.string(0, 10),
      expiresAtMicroseconds: try rows.instant(0, 11), createdAtMicroseconds: try rows.instant(0, 12),
      finishedAtMicroseconds: try rows.optionalInstant(0, 13))
  }

  /// A value that the function does not return: another version's, or a defect.
  private static func unexpected(_ column: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected \(column)")
  }
}
