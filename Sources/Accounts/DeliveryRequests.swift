import Postgres
import Tokens

/// What administrators ask to be delivered now.
extension Administration {
  /// Has a test sent to a webhook, or a delivery made once more; under a key, once.
  ///
  /// - Parameters:
  ///   - id: an unknown one is refused with SQLSTATE `TG404`, one that is not active with `TG409`.
  ///   - deliveryID: which; nil: a test. An unknown one is refused with `TG404`, one that is pending with `TG409`.
  ///   - key: the same request under it is answered the same again.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the delivery as it was asked for, unless the key was used for another request.
  /// - Throws: `PostgresError`.
  static func requestDelivery(
    to id: WebhookID, again deliveryID: DeliveryID?, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Creation<RequestedDelivery> {
    let rows = try connection.query(
      requestDelivery, [.uuid(id.bits), .uuid(deliveryID?.bits), .optional(key?.value)])
    guard try rows.string(0, 11) == "success" else { return .keyReused }
    return .made(RequestedDelivery(delivery: try delivery(rows, 0), isReplay: try rows.boolean(0, 12)))
  }

  private static let requestDelivery = Statement.named(
    """
    SELECT delivery_id_of_row, event_id, type, status_of_row, attempts, last_status, last_error, next_attempt_at, \
    created_at, finished_at, history::text, outcome, is_replay \
    FROM tollgate.request_delivery($1::uuid, $2::uuid, $3) AS asked \
    LEFT JOIN LATERAL jsonb_to_record(asked.delivery) AS answered (delivery_id_of_row uuid, event_id uuid, type text, \
    status_of_row text, attempts integer, last_status integer, last_error text, next_attempt_at timestamptz, \
    created_at timestamptz, finished_at timestamptz, history jsonb) ON true
    """, results: .binary)
}
