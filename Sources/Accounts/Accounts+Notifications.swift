public import Tokens

/// What a server does for alerts and deliveries while it runs.
extension Accounts {
  /// Holds balances against rules, looks for receivers of events, and takes deliveries that are due: one round.
  ///
  /// - Parameters:
  ///   - isEvaluating: whether balances are held against rules, which takes long where many organizations have some.
  ///   - room: how many deliveries the caller makes at the same time.
  ///   - lease: a new id, by which the caller has taken them.
  ///   - leaseSeconds: how long nobody else takes them.
  ///   - withEmail: whether rules' addresses are receivers.
  ///   - completion: gets what was found.
  public func notificationRound(
    isEvaluating: Bool, _ room: DeliveryRoom, lease: TransactionID, leaseSeconds: Int64, withEmail: Bool,
    completion: @escaping @Sendable (Result<NotificationRound, ServiceFailure>) -> Void
  ) {
    askAboutNotifications(
      { connection in
        let alertCount = isEvaluating ? try DeliveryQueries.evaluate(on: &connection) : 0
        let dispatchedCount = try DeliveryQueries.dispatch(withEmail: withEmail, on: &connection)
        let taken = try DeliveryQueries.take(room, lease: lease, leaseSeconds: leaseSeconds, on: &connection)
        return NotificationRound(
          alertCount: alertCount, dispatchedCount: dispatchedCount, deliveries: taken.deliveries,
          unreadable: taken.unreadable)
      }, completion: completion)
  }

  /// Notes what became of an attempt; false where somebody else has taken it meanwhile.
  public func finish(
    _ delivery: TakenDelivery, lease: TransactionID, _ outcome: DeliveryOutcome,
    completion: @escaping @Sendable (Result<Bool, ServiceFailure>) -> Void
  ) {
    askAboutNotifications(
      { try DeliveryQueries.finish(delivery.id, of: delivery.organizationID, lease: lease, outcome, on: &$0) },
      completion: completion)
  }

  /// Drops deliveries that ended 30 days ago, and answers how many.
  public func dropEndedDeliveries(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    askAboutNotifications({ try DeliveryQueries.dropEnded(on: &$0) }, completion: completion)
  }
}
