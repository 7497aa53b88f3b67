import Postgres
public import Tokens

/// What a round of notifications found to do.
public struct NotificationRound: Sendable {
  /// Alerts that were raised or have recovered.
  public var alertCount: Int
  /// Events whose receivers were looked for.
  public var dispatchedCount: Int
  /// What the caller has to deliver now.
  public var deliveries: [TakenDelivery]
  /// What nobody can deliver, whatever happens, and is dead now.
  public var unreadable: [DeliveryID]
}

/// Events on their way out, as servers handle them. Secrets are sealed.
enum DeliveryQueries {
  /// Organizations that are held against rules in a round.
  private static let organizationLimit: Int64 = 1000
  /// Events whose receivers are looked for in a round.
  private static let eventLimit: Int64 = 500

  static func evaluate(on connection: inout Connection) throws -> Int {
    Int(try connection.query(evaluating, [.integer(organizationLimit)]).integer(0, 0))
  }

  static func dispatch(withEmail: Bool, on connection: inout Connection) throws -> Int {
    Int(try connection.query(dispatching, [.integer(eventLimit), .boolean(withEmail)]).integer(0, 0))
  }

  /// Takes deliveries that are due.
  ///
  /// Those that are no deliveries, as one to something that is no address, end here: they are no reason to lose others that
  /// were taken with them.
  static func take(
    _ room: DeliveryRoom, lease: TransactionID, leaseSeconds: Int64, on connection: inout Connection
  ) throws -> (deliveries: [TakenDelivery], unreadable: [DeliveryID]) {
    let rows = try connection.query(
      taking,
      [
        .uuid(lease.bits), .integer(leaseSeconds), .integer(Int64(room.healthy)), .integer(Int64(room.failing)),
        .integer(Int64(room.email)), .uuids(room.busy.count) { room.busy[$0].bits },
      ])
    var deliveries: [TakenDelivery] = []
    var unreadable: [DeliveryID] = []
    for row in 0..<rows.count {
      do { deliveries.append(try taken(rows, row)) } catch {
        let (id, owner) = (DeliveryID(bits: try rows.uuid(row, 0)), try rows.owner(row, 1))
        _ = try finish(id, of: owner, lease: lease, unreadableDelivery, on: &connection)
        unreadable.append(id)
      }
    }
    return (deliveries, unreadable)
  }

  private static let unreadableDelivery = DeliveryOutcome(
    isDelivered: false, status: nil, error: "It has no address or webhook that anything can be sent to.",
    milliseconds: 0, retryMilliseconds: nil)

  static func finish(
    _ id: DeliveryID, of owner: OrganizationID?, lease: TransactionID, _ outcome: DeliveryOutcome,
    on connection: inout Connection
  ) throws -> Bool {
    try connection.query(
      finishing,
      [
        .uuid(owner?.bits ?? 0), .uuid(id.bits), .uuid(lease.bits),
        .boolean(outcome.isDelivered), .boolean(outcome.isGone), .optional(outcome.status.map(Int64.init)),
        .optional(outcome.error), .integer(outcome.milliseconds), .optional(outcome.retryMilliseconds),
      ]
    ).boolean(0, 0)
  }

  static func dropEnded(on connection: inout Connection) throws -> Int {
    Int(try connection.query("SELECT tollgate.drop_ended_deliveries()").integer(0, 0))
  }

  private static let evaluating = Statement.named("SELECT tollgate.evaluate_alerts($1::bigint::integer)")
  private static let dispatching = Statement.named("SELECT tollgate.dispatch_events($1::bigint::integer, $2::boolean)")
  private static let taking = Statement.named(
    """
    SELECT delivery_id, organization_id, channel, receiver_id, address, secret, previous_secret, attempts, is_failing, \
    event_id, body, subject, message, at \
    FROM tollgate.take_deliveries($1::uuid, $2::bigint::integer, $3::bigint::integer, $4::bigint::integer, \
    $5::bigint::integer, $6::uuid[])
    """, results: .binary)
  private static let finishing = Statement.named(
    """
    SELECT tollgate.finish_delivery($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::boolean, $6::bigint::integer, $7, \
    $8::bigint, $9::bigint)
    """)

  private static func taken(_ rows: borrowing Rows, _ row: Int) throws -> TakenDelivery {
    TakenDelivery(
      id: DeliveryID(bits: try rows.uuid(row, 0)), organizationID: try rows.owner(row, 1),
      receiver: try receiver(rows, row), attempts: try rows.integer(row, 7), isFailing: try rows.boolean(row, 8),
      eventID: AlertEventID(bits: try rows.uuid(row, 9)), createdAtMicroseconds: try rows.instant(row, 13))
  }

  private static func receiver(_ rows: borrowing Rows, _ row: Int) throws -> TakenDelivery.Receiver {
    let address = try rows.string(row, 4)
    if try rows.string(row, 2) == "email" {
      guard let address = EmailAddress(address) else {
        throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected address")
      }
      return .email(address, subject: try rows.string(row, 11), message: try rows.string(row, 12))
    }
    return .webhook(
      WebhookID(bits: try rows.uuid(row, 3)), url: address, secret: SealedBytes(try rows.bytes(row, 5)),
      previousSecret: try rows.optionalBytes(row, 6).map(SealedBytes.init), body: try rows.string(row, 10))
  }
}
