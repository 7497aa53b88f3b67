public import Tokens

/// Webhooks, as administrators keep them.
extension Accounts {
  /// Makes a webhook. A lost connection leaves open whether it was made; nobody has its secret then.
  public func createWebhook(
    _ id: WebhookID, of organizationID: OrganizationID?, url: String, events: [String], secret: SealedBytes,
    completion: @escaping @Sendable (Result<Administered<Webhook>, ServiceFailure>) -> Void
  ) {
    administer(
      {
        try Administration.createWebhook(id, of: organizationID, url: url, events: events, secret: secret, on: &$0)
      }, completion: completion)
  }

  /// Changes a webhook.
  public func change(
    _ id: WebhookID, by change: WebhookChange,
    completion: @escaping @Sendable (Result<Administered<Webhook>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.change(id, by: change, on: &$0) }, completion: completion)
  }

  /// Deletes a webhook and its deliveries.
  public func delete(
    _ id: WebhookID, completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.delete(id, on: &$0) }, completion: completion)
  }

  /// Replaces a webhook's secret; deliveries are signed with the old one, too, for so many seconds.
  public func rotateSecret(
    of id: WebhookID, to secret: SealedBytes, graceSeconds: Int64,
    completion: @escaping @Sendable (Result<Administered<Webhook>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.rotateSecret(of: id, to: secret, graceSeconds: graceSeconds, on: &$0) },
      completion: completion)
  }

  /// Has a test sent to a webhook, or a delivery made once more; under a key, once.
  public func requestDelivery(
    to id: WebhookID, again deliveryID: DeliveryID? = nil, under key: IdempotencyKey?,
    completion: @escaping @Sendable (Result<Administered<Creation<RequestedDelivery>>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.requestDelivery(to: id, again: deliveryID, under: key, on: &$0) }, completion: completion)
  }

  /// One webhook.
  public func webhook(
    _ id: WebhookID, completion: @escaping @Sendable (Result<Administered<Webhook>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.webhook(id, on: &$0) }, changesNothing: true, completion: completion)
  }

  /// A page of the webhooks of all organizations or of one, newest first.
  public func webhooks(
    of organizationID: OrganizationID?, before: WebhookID?, limit: Int,
    completion: @escaping @Sendable (Result<[Webhook], ServiceFailure>) -> Void
  ) {
    ask(
      { try Administration.webhooks(of: organizationID, before: before, limit: limit, on: &$0) },
      completion: completion)
  }

  /// A page of a webhook's deliveries, newest first.
  public func deliveries(
    of id: WebhookID, status: Delivery.Status?, before: DeliveryID?, limit: Int,
    completion: @escaping @Sendable (Result<Administered<[Delivery]>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.deliveries(of: id, status: status, before: before, limit: limit, on: &$0) },
      changesNothing: true, completion: completion)
  }
}
