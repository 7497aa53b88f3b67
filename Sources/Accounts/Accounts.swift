public import Postgres
public import Tokens

/// Everything that asks PostgreSQL for something off the hot path: membership, administration, operation.
///
/// Calls never block; `completion` runs once, on a connection's thread or at once on the caller's.
public final class Accounts: Sendable {
  private let connections: Lanes
  /// Every request with an API key may have to wait for its look-up: it has a connection that no long report keeps busy.
  private let keyConnection: Lanes
  /// Access tokens are asked for as often as workers work. Nothing is connected before one is.
  private let credentialConnection: Lanes
  /// Rules are held against many balances at a time: nobody's request waits for that.
  private let notificationConnection: Lanes
  /// Rolling up, and reports on all organizations: nobody else waits for them.
  private let reportConnection: Lanes
  /// Whom changes are recorded as; nil: the server's login.
  let actor: Actor?
  /// Pages of content, and changes that wait for each other, are long: they take one connection of an organization's.
  private let contentTurns: TurnsOfOrganizations
  /// Events of a payment provider come in bursts, and those of a customer wait for each other.
  private let paymentTurns: TurnsOfOrganizations

  /// - Parameters:
  ///   - settings: the server's login.
  ///   - connectionCount: how many requests are answered at the same time.
  ///   - queueLimit: how many may wait; more are refused.
  public init(settings: ConnectionSettings, connectionCount: Int = 2, queueLimit: Int = 10_000) {
    connections = Lanes(
      name: "accounts", settings: settings, count: max(1, connectionCount), queueLimit: queueLimit)
    keyConnection = Lanes(name: "keys", settings: settings, count: 1, queueLimit: queueLimit)
    credentialConnection = Lanes(name: "credentials", settings: settings, count: 1, queueLimit: queueLimit)
    notificationConnection = Lanes(name: "notifications", settings: settings, count: 1, queueLimit: queueLimit)
    reportConnection = Lanes(name: "reports", settings: settings, count: 1, queueLimit: queueLimit)
    contentTurns = TurnsOfOrganizations(queueLimit: 100)
    paymentTurns = TurnsOfOrganizations(queueLimit: 1_000)
    actor = nil
  }

  private init(_ accounts: Accounts, actor: Actor) {
    connections = accounts.connections
    keyConnection = accounts.keyConnection
    credentialConnection = accounts.credentialConnection
    notificationConnection = accounts.notificationConnection
    reportConnection = accounts.reportConnection
    contentTurns = accounts.contentTurns
    paymentTurns = accounts.paymentTurns
    self.actor = actor
  }

  /// The same, for changes that somebody asks for: the audit log has them under this actor's name.
  public func acting(as actor: Actor) -> Accounts { Accounts(self, actor: actor) }

  /// The organization a user belongs to; nil for a user nobody knows.
  public func organization(
    of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID?, ServiceFailure>) -> Void
  ) {
    ask({ try MembershipQueries.organization(of: userID, on: &$0) }, completion: completion)
  }

  /// A page of an organization's ledger.
  public func ledger(
    _ reading: LedgerReading, completion: @escaping @Sendable (Result<LedgerReport, ServiceFailure>) -> Void
  ) {
    ask({ try LedgerQueries.page(reading, on: &$0) }, completion: completion)
  }

  /// One row of an organization's ledger, explained. A spender who is no member gets `forbidden`.
  public func transaction(
    _ id: TransactionID, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<TransactionReport, ServiceFailure>) -> Void
  ) {
    ask({ try LedgerQueries.transaction(id, of: organizationID, for: spender, on: &$0) }, completion: completion)
  }

  /// The balances of an organization at a past instant, in microseconds since 1970. A spender who is no member gets
  /// `forbidden`.
  public func balances(
    atMicroseconds instant: Int64, of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<PastBalanceReport, ServiceFailure>) -> Void
  ) {
    ask(
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
    ask({ try OperationQueries.schemaLevel(on: &$0) }, completion: completion)
  }

  /// Makes the partitions of the next 35 days where they are missing, and answers how many it made.
  public func ensurePartitions(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask({ try OperationQueries.ensurePartitions(on: &$0) }, completion: completion)
  }

  /// Drops partitions that have served, unless somebody uses the table, and answers how many it dropped.
  public func dropExpiredPartitions(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask({ try OperationQueries.dropExpiredPartitions(on: &$0) }, completion: completion)
  }

  /// Books what is due to some balances that nobody has touched, with `everywhere` also changes by hand, which
  /// reads every balance. Answers how many it changed: after 0 nothing is due that others have not locked.
  public func sweep(everywhere: Bool, completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask({ try OperationQueries.sweep(everywhere: everywhere, on: &$0) }, completion: completion)
  }

  /// The version of PostgreSQL: 150020 for 15.20.
  public func serverVersion(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    ask({ $0.serverVersion }, completion: completion)
  }

  /// Does what somebody asks for. Where the connection is lost before the answer, it may have been done, unless it
  /// changes nothing.
  func ask<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value, changesNothing: Bool = true,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    connections.submit(work) {
      completion($0.mapError(changesNothing ? ServiceFailure.init(reading:) : ServiceFailure.init(writing:)))
    }
  }

  /// The same about an organization's content, one at a time.
  func askAboutContent<Value: Sendable>(
    of organizationID: OrganizationID, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    changesNothing: Bool = true, completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    let isTaken = contentTurns.run(for: organizationID) { [self] done in
      ask(work, changesNothing: changesNothing) { result in
        done()
        completion(result)
      }
    }
    if !isTaken { completion(.failure(.overloaded)) }
  }

  /// The same for what a payment provider tells, whomever it is about, one at a time. It may be told again, so that a
  /// lost connection is no riddle.
  func askAboutPayments<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    let isTaken = paymentTurns.run(for: OrganizationID(bits: 0)) { [self] done in
      ask(work) { result in
        done()
        completion(result)
      }
    }
    if !isTaken { completion(.failure(.overloaded)) }
  }

  /// The same on the connection that looks after keys.
  func askAboutKeys<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    keyConnection.submit(work) { completion($0.mapError(ServiceFailure.init(reading:))) }
  }

  /// The same on the connection for credentials. What changes there may be asked for again, so that a lost connection is
  /// no riddle.
  func askAboutCredentials<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    credentialConnection.submit(work) { completion($0.mapError(ServiceFailure.init(reading:))) }
  }

  /// The same on the connection for alerts and deliveries. What changes there may be done twice.
  func askAboutNotifications<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    notificationConnection.submit(work) { completion($0.mapError(ServiceFailure.init(reading:))) }
  }

  /// The same on the connection for reports on all organizations.
  func askForReport<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    reportConnection.submit(work) { completion($0.mapError(ServiceFailure.init(reading:))) }
  }

  /// Does what an administrator asks for. Where the connection is lost before the answer, it may have been done, unless
  /// it changes nothing.
  func administer<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value, changesNothing: Bool = false,
    completion: @escaping @Sendable (Result<Result<Value, AdministrationRefusal>, ServiceFailure>) -> Void
  ) {
    connections.submit({ [actor] connection in
      do {
        return .success(try connection.acting(as: actor, work))
      } catch {
        guard let refusal = AdministrationRefusal(error) else { throw error }
        return .failure(refusal)
      }
    }) { completion($0.mapError(changesNothing ? ServiceFailure.init(reading:) : ServiceFailure.init(writing:))) }
  }

  /// Answers what waits, then closes the connections. Blocks until that is done.
  public func shutDown() {
    connections.shutDown()
    keyConnection.shutDown()
    credentialConnection.shutDown()
    notificationConnection.shutDown()
    reportConnection.shutDown()
  }
}
