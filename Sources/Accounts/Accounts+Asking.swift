import Postgres
import Tokens

/// Which connection does what is asked, and what a failure means to whoever asked.
extension Accounts {
  /// Does what somebody asks for, when it is the turn of whom it is for. Where the connection is lost before the answer,
  /// it may have been done, unless it changes nothing.
  ///
  /// - Parameters:
  ///   - asker: for whom, unless `party` says for whom everything is.
  ///   - work: what is done.
  ///   - changesNothing: whether it only looks.
  ///   - lineLimit: how much of the same party may wait before this is refused, if that is less than half of all.
  ///   - completion: runs once.
  func ask<Value: Sendable>(
    for asker: Party = .service, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    changesNothing: Bool = true, lineLimit: Int = .max,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    shared.submit(for: party ?? asker, lineLimit: lineLimit, work) {
      completion($0.mapError(changesNothing ? ServiceFailure.init(reading:) : ServiceFailure.init(writing:)))
    }
  }

  /// The same about an organization's content: texts of so many requests are large.
  func askAboutContent<Value: Sendable>(
    of organizationID: OrganizationID, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    changesNothing: Bool = true, completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    ask(
      for: .organization(organizationID), work, changesNothing: changesNothing, lineLimit: 100, completion: completion)
  }

  /// The same for what a payment provider tells, whomever it is about: events come in bursts, and those of a customer wait
  /// for each other. It may be told again, so that a lost connection is no riddle.
  func askAboutPayments<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    ask(for: .payments, work, lineLimit: 1_000, completion: completion)
  }

  /// The same for what an administrator asks for, or about an organization for that one's sake.
  func administer<Value: Sendable>(
    for asker: Party = .service, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    changesNothing: Bool = false,
    completion: @escaping @Sendable (Result<Result<Value, AdministrationRefusal>, ServiceFailure>) -> Void
  ) {
    ask(
      for: asker,
      { [actor] connection in
        do {
          return .success(try connection.acting(as: actor, work))
        } catch {
          guard let refusal = AdministrationRefusal(error) else { throw error }
          return .failure(refusal)
        }
      }, changesNothing: changesNothing, completion: completion)
  }

  /// Looks at who a caller is, on the connection for that: nobody takes turns, since each look is short.
  func askAboutCallers<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, ServiceFailure>) -> Void
  ) {
    callerConnection.submit(before: .now + patience, work) {
      completion($0.mapError(ServiceFailure.init(reading:)))
    }
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
}
