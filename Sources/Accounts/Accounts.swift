public import Postgres
public import Tokens

/// Everything that asks PostgreSQL for something off the hot path: membership, administration, operation.
///
/// Whoever asks takes turns with the others (`Party`). Calls never block; `completion` runs once, on a connection's thread
/// or at once on the caller's.
public final class Accounts: Sendable {
  /// What tenants, administrators and the server's upkeep ask for.
  let shared: SharedLanes
  /// Who a caller is and where it belongs, and whether the schema fits: every request may have to wait for that, so that it
  /// has a connection that no long report keeps busy.
  let callerConnection: Lanes
  /// Access tokens are asked for as often as workers work. Nothing is connected before one is.
  let credentialConnection: Lanes
  /// Rules are held against many balances at a time: nobody's request waits for that.
  let notificationConnection: Lanes
  /// Rolling up, and reports on all organizations: nobody else waits for them.
  let reportConnection: Lanes
  /// How long something may wait before it is refused.
  let patience: Duration
  /// Whom changes are recorded as; nil: the server's login.
  let actor: Actor?
  /// For whom everything is asked; nil: for the organization that it is about, if that is one.
  let party: Party?

  /// - Parameters:
  ///   - settings: the server's login.
  ///   - connectionCount: how many requests are answered at the same time.
  ///   - queueLimit: how many may wait, of one organization half as many; more are refused.
  ///   - patience: how long one may wait before it is refused as overloaded.
  public init(
    settings: ConnectionSettings, connectionCount: Int = 2, queueLimit: Int = 10_000,
    patience: Duration = .seconds(5)
  ) {
    shared = SharedLanes(
      name: "accounts", settings: settings, count: max(1, connectionCount), queueLimit: queueLimit,
      patience: patience)
    callerConnection = Lanes(name: "callers", settings: settings, count: 1, queueLimit: queueLimit)
    credentialConnection = Lanes(name: "credentials", settings: settings, count: 1, queueLimit: queueLimit)
    notificationConnection = Lanes(name: "notifications", settings: settings, count: 1, queueLimit: queueLimit)
    reportConnection = Lanes(name: "reports", settings: settings, count: 1, queueLimit: queueLimit)
    self.patience = patience
    actor = nil
    party = nil
  }

  private init(_ accounts: Accounts, actor: Actor?, party: Party?) {
    shared = accounts.shared
    callerConnection = accounts.callerConnection
    credentialConnection = accounts.credentialConnection
    notificationConnection = accounts.notificationConnection
    reportConnection = accounts.reportConnection
    patience = accounts.patience
    self.actor = actor
    self.party = party
  }

  /// The same, for changes that somebody asks for: the audit log has them under this actor's name.
  public func acting(as actor: Actor) -> Accounts { Accounts(self, actor: actor, party: party) }

  /// The same, asked for somebody else than the organization that it is about; nil for just that one.
  public func inTurn(of party: Party?) -> Accounts { party.map { Accounts(self, actor: actor, party: $0) } ?? self }

  /// The organization a user belongs to; nil for a user nobody knows.
  public func organization(
    of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID?, ServiceFailure>) -> Void
  ) {
    askAboutCallers({ try MembershipQueries.organization(of: userID, on: &$0) }, completion: completion)
  }

  /// A page of an organization's ledger.
  public func ledger(
    _ reading: LedgerReading, completion: @escaping @Sendable (Result<LedgerReport, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(reading.organizationID), { try LedgerQueries.page(reading, on: &$0) }, completion: completion)
  }

  /// One row of an organization's ledger, explained. A spender who is no member gets `forbidden`.
  public func transaction(
    _ id: TransactionID, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<TransactionReport, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try LedgerQueries.transaction(id, of: organizationID, for: spender, on: &$0) }, completion: completion)
  }

  /// The balances of an organization at a past instant, in microseconds since 1970. A spender who is no member gets
  /// `forbidden`.
  public func balances(
    atMicroseconds instant: Int64, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<PastBalanceReport, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try LedgerQueries.balances(atMicroseconds: instant, of: organizationID, for: spender, on: &$0) },
      completion: completion)
  }

  /// A reservation of an organization as of now. One of another organization is `unknownReservation`, and a spender who
  /// is no member gets `forbidden`.
  public func reservation(
    _ reservationID: ReservationID, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<ReservationReport, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID),
      { try ReservationQueries.reservation(reservationID, of: organizationID, for: spender, on: &$0) },
      completion: completion)
  }

  /// What tokens are spent on, by name.
  public func actions(completion: @escaping @Sendable (Result<[Action], ServiceFailure>) -> Void) {
    ask({ try ActionQueries.actions(on: &$0) }, completion: completion)
  }

  /// Makes an action, or changes its price from the next use on. Sent twice it changes nothing more.
  public func setPrice(
    of action: ActionPrice, completion: @escaping @Sendable (Result<PriceChange, ServiceFailure>) -> Void
  ) {
    ask({ [actor] in try ActionQueries.setPrice(of: action, as: actor, on: &$0) }, completion: completion)
  }

  /// The version of the schema that the database has.
  public func schemaLevel(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    askAboutCallers({ try OperationQueries.schemaLevel(on: &$0) }, completion: completion)
  }

  /// Makes the partitions of the next 35 days where they are missing, and answers how many it made.
  public func ensurePartitions(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask(for: .upkeep, { try OperationQueries.ensurePartitions(on: &$0) }, completion: completion)
  }

  /// Drops partitions that have served, unless somebody uses the table, and answers how many it dropped.
  public func dropExpiredPartitions(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask(for: .upkeep, { try OperationQueries.dropExpiredPartitions(on: &$0) }, completion: completion)
  }

  /// Books what is due to some balances that nobody has touched, with `everywhere` also changes by hand, which
  /// reads every balance. Answers how many it changed: after 0 nothing is due that others have not locked.
  public func sweep(everywhere: Bool, completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask(for: .upkeep, { try OperationQueries.sweep(everywhere: everywhere, on: &$0) }, completion: completion)
  }

  /// The version of PostgreSQL: 150020 for 15.20.
  public func serverVersion(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask(for: .upkeep, { $0.serverVersion }, completion: completion)
  }

  /// Answers what is under way, then closes the connections. Blocks until that is done. What waits for a turn is refused.
  public func shutDown() {
    shared.shutDown()
    callerConnection.shutDown()
    credentialConnection.shutDown()
    notificationConnection.shutDown()
    reportConnection.shutDown()
  }
}
