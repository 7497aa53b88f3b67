public import Postgres
public import Tokens

/// Everything that asks PostgreSQL for something and is not a deduction: reading, membership, administration.
///
/// Calls never block; `completion` runs once, on a connection's thread or at once on the caller's, with the failure
/// that PostgreSQL or the queue gave.
public final class Accounts: Sendable {
  private let connections: Lanes

  /// - Parameters:
  ///   - settings: the server's login.
  ///   - connectionCount: how many requests are answered at the same time.
  ///   - queueLimit: how many may wait; more are refused.
  public init(settings: ConnectionSettings, connectionCount: Int = 2, queueLimit: Int = 10_000) {
    connections = Lanes(
      name: "accounts", settings: settings, count: max(1, connectionCount), queueLimit: queueLimit)
  }

  /// Would this deduction be granted now? Changes nothing.
  public func check(
    _ deduction: Deduction, completion: @escaping @Sendable (Result<BalanceCheck, any Error>) -> Void
  ) {
    connections.submit({ try BalanceQueries.check(deduction, on: &$0) }, completion: completion)
  }

  /// The balances of an organization as of now, in the order of their token types.
  ///
  /// `outcome` is `success`, `forbidden` or `unknownOrganization`; only a success has balances.
  public func balances(
    of organizationID: OrganizationID, for spender: Spender,
    completion: @escaping @Sendable (Result<(outcome: Outcome, balances: [Balance]), any Error>) -> Void
  ) {
    connections.submit(
      { try BalanceQueries.balances(of: organizationID, for: spender, on: &$0) }, completion: completion)
  }

  /// The organization a user belongs to; nil for a user nobody knows.
  public func organization(
    of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID?, any Error>) -> Void
  ) {
    connections.submit({ try MembershipQueries.organization(of: userID, on: &$0) }, completion: completion)
  }

  /// The version of the schema that the database has.
  public func schemaLevel(completion: @escaping @Sendable (Result<Int, any Error>) -> Void) {
    connections.submit({ try OperationQueries.schemaLevel(on: &$0) }, completion: completion)
  }

  /// Makes the partitions of the next 35 days where they are missing, and answers how many it made.
  public func ensurePartitions(completion: @escaping @Sendable (Result<Int, any Error>) -> Void) {
    connections.submit({ try OperationQueries.ensurePartitions(on: &$0) }, completion: completion)
  }

  /// Runs one administrative call and awaits it.
  public func run<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value
  ) async throws -> Value {
    try await connections.run(work)
  }

  /// Answers what waits, then closes the connections. Blocks until that is done.
  public func shutDown() { connections.shutDown() }
}
