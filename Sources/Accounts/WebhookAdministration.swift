public import Postgres
public import Tokens

/// Webhooks. Their secrets go in sealed, and are not read here.
extension Administration {
  /// Makes a webhook, of an organization or with nil for the events of all.
  ///
  /// - Parameters:
  ///   - id: a new one, which the secret is sealed for.
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - url: https.
  ///   - events: types of events; empty: all.
  ///   - secret: sealed.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the webhook as it is then.
  /// - Throws: `PostgresError`; also `TG409` when there are a hundred webhooks.
  public static func createWebhook(
    _ id: WebhookID, of organizationID: OrganizationID?, url: String, events: [String], secret: SealedBytes,
    on connection: inout Connection
  ) throws -> Webhook {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        "SELECT tollgate.create_webhook($1::uuid, $2::uuid, $3, $4::text[], $5::bytea)",
        [.uuid(id.bits), .uuid(organizationID?.bits), .text(url), .array(events), .bytes(secret.bytes)])
      return try webhook(id, on: &connection)
    }
  }

  /// Changes a webhook. An unknown one is refused with SQLSTATE `TG404`.
  public static func change(
    _ id: WebhookID, by change: WebhookChange, on connection: inout Connection
  ) throws -> Webhook {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        "SELECT tollgate.change_webhook($1::uuid, $2, $3::text[], $4::boolean)",
        [
          .uuid(id.bits), .optional(change.url), change.events.map { .array($0) } ?? .null,
          change.isActive.map { .boolean($0) } ?? .null,
        ])
      return try webhook(id, on: &connection)
    }
  }

  /// Deletes a webhook and its deliveries. An unknown one is refused with SQLSTATE `TG404`.
  public static func delete(_ id: WebhookID, on connection: inout Connection) throws {
    _ = try connection.query("SELECT tollgate.delete_webhook($1::uuid)", [.uuid(id.bits)])
  }

  /// Gives a webhook a new secret, sealed; deliveries are signed with the one before, too, for so long.
  public static func rotateSecret(
    of id: WebhookID, to secret: SealedBytes, graceSeconds: Int64, on connection: inout Connection
  ) throws -> Webhook {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        "SELECT tollgate.rotate_webhook_secret($1::uuid, $2::bytea, $3::bigint::integer)",
        [.uuid(id.bits), .bytes(secret.bytes), .integer(graceSeconds)])
      return try webhook(id, on: &connection)
    }
  }

  /// Has an event `webhook.test` sent to a webhook alone.
  ///
  /// - Returns: its delivery.
  /// - Throws: `PostgresError`: `TG404` for an unknown webhook, `TG409` for one that is not active.
  public static func test(_ id: WebhookID, on connection: inout Connection) throws -> Delivery {
    try connection.joiningTransaction { connection in
      let made = try connection.query("SELECT tollgate.test_webhook($1::uuid)", [.uuid(id.bits)])
      return try delivery(DeliveryID(bits: try made.uuid(0, 0)), of: id, on: &connection)
    }
  }

  /// Has a delivery made once more, at once.
  ///
  /// - Throws: `PostgresError`: `TG404` for an unknown one, `TG409` for one that is pending or whose webhook is not active.
  public static func replay(
    _ deliveryID: DeliveryID, of id: WebhookID, on connection: inout Connection
  ) throws -> Delivery {
    try connection.joiningTransaction { connection in
      _ = try connection.query(
        "SELECT tollgate.replay_delivery($1::uuid, $2::uuid)", [.uuid(id.bits), .uuid(deliveryID.bits)])
      return try delivery(deliveryID, of: id, on: &connection)
    }
  }

  /// One webhook.
  ///
  /// - Throws: `PostgresError`; `AdministrationRefusal.notFound` for an unknown one.
  public static func webhook(_ id: WebhookID, on connection: inout Connection) throws -> Webhook {
    let rows = try connection.query(readWebhooks, [.uuid(id.bits), .uuid(nil), .uuid(nil), .integer(1)])
    guard rows.count == 1 else { throw AdministrationRefusal.notFound }
    return try webhook(rows, 0)
  }

  /// A page of the webhooks of all organizations or of one, newest first.
  public static func webhooks(
    of organizationID: OrganizationID?, before: WebhookID?, limit: Int, on connection: inout Connection
  ) throws -> [Webhook] {
    let rows = try connection.query(
      readWebhooks,
      [.uuid(nil), .uuid(organizationID?.bits), .uuid(before?.bits), .integer(Int64(limit))])
    return try (0..<rows.count).map { try webhook(rows, $0) }
  }

  /// A page of a webhook's deliveries, newest first. An unknown webhook is refused with SQLSTATE `TG404`.
  public static func deliveries(
    of id: WebhookID, status: Delivery.Status?, before: DeliveryID?, limit: Int, on connection: inout Connection
  ) throws -> [Delivery] {
    let rows = try connection.query(
      readDeliveries,
      [
        .uuid(id.bits), .uuid(nil), .optional(status?.rawValue), .uuid(before?.bits), .integer(Int64(limit)),
      ])
    return try (0..<rows.count).map { try delivery(rows, $0) }
  }

  private static func delivery(
    _ deliveryID: DeliveryID, of id: WebhookID, on connection: inout Connection
  ) throws -> Delivery {
    let rows = try connection.query(
      readDeliveries, [.uuid(id.bits), .uuid(deliveryID.bits), .null, .uuid(nil), .integer(1)])
    guard rows.count == 1 else { throw AdministrationRefusal.notFound }
    return try delivery(rows, 0)
  }

  private static let readWebhooks = Statement.named(
    """
    SELECT webhook_id, organization_id, organization_name, url, array_to_string(events, ' '), active, disabled_reason, \
    failures, failing_since, last_delivery_at, previous_secret_ends_at, created_at, updated_at \
    FROM tollgate.read_webhooks($1::uuid, $2::uuid, $3::uuid, $4::bigint::integer)
    """, results: .binary)

  private static let readDeliveries = Statement.named(
    """
    SELECT delivery_id_of_row, event_id, type, status_of_row, attempts, last_status, last_error, next_attempt_at, \
    created_at, finished_at, history::text \
    FROM tollgate.read_deliveries($1::uuid, $2::uuid, $3, $4::uuid, $5::bigint::integer)
    """, results: .binary)

  private static func webhook(_ rows: borrowing Rows, _ row: Int) throws -> Webhook {
    Webhook(
      id: WebhookID(bits: try rows.uuid(row, 0)), organizationID: try rows.owner(row, 1),
      organizationName: try rows.optionalString(row, 2), url: try rows.string(row, 3),
      events: try rows.string(row, 4).split(separator: " ").map(String.init), isActive: try rows.boolean(row, 5),
      disabledReason: try rows.optionalString(row, 6), failureCount: try rows.integer(row, 7),
      failingSinceMicroseconds: try rows.optionalInstant(row, 8),
      lastDeliveryAtMicroseconds: try rows.optionalInstant(row, 9),
      previousSecretEndsAtMicroseconds: try rows.optionalInstant(row, 10),
      createdAtMicroseconds: try rows.instant(row, 11), updatedAtMicroseconds: try rows.instant(row, 12))
  }

  static func delivery(_ rows: borrowing Rows, _ row: Int) throws -> Delivery {
    guard let status = Delivery.Status(rawValue: try rows.string(row, 3)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected status")
    }
    return Delivery(
      id: DeliveryID(bits: try rows.uuid(row, 0)), eventID: AlertEventID(bits: try rows.uuid(row, 1)),
      type: try rows.string(row, 2), status: status, attempts: try rows.integer(row, 4),
      lastStatus: try rows.optionalInteger(row, 5), lastError: try rows.optionalString(row, 6),
      nextAttemptAtMicroseconds: try rows.optionalInstant(row, 7), createdAtMicroseconds: try rows.instant(row, 8),
      finishedAtMicroseconds: try rows.optionalInstant(row, 9), history: try rows.string(row, 10))
  }
}
