import Postgres
public import Tokens

/// What a payment provider tells.
enum PaymentQueries {
  static func receive(_ event: PaymentEvent, on connection: inout Connection) throws -> PaymentReceipt {
    let rows = try connection.query(
      receiving,
      [
        .text(event.id), .text(event.type), .integer(event.happenedAtSeconds), .boolean(event.isLive),
        .boolean(event.expectsLive), .optional(event.apiVersion), .text(event.facts),
      ])
    guard let outcome = PaymentOutcome(rawValue: try rows.string(0, 0)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected outcome")
    }
    return PaymentReceipt(outcome: outcome, isReplay: try rows.boolean(0, 1))
  }

  private static let receiving = Statement.named(
    """
    SELECT outcome, replayed \
    FROM tollgate.receive_payment_event($1, $2, to_timestamp($3::bigint), $4::boolean, $5::boolean, $6, $7::jsonb)
    """)
}

extension Accounts {
  /// Counts an event of a payment provider once, and does what it says. Sent again it does nothing more.
  public func receive(
    _ event: PaymentEvent, completion: @escaping @Sendable (Result<PaymentReceipt, ServiceFailure>) -> Void
  ) {
    askAboutPayments({ try PaymentQueries.receive(event, on: &$0) }, completion: completion)
  }
}
