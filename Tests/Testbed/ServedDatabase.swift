public import API
import Accounts
import Cluster
import Dispatch
public import HTTP
import Locking
import Postgres
import Tokens

/// An organization with one user.
public struct Tenant: Sendable {
  public let organizationID: String
  public let userID: String
  /// The user's token.
  public let token: String

  public init(organizationID: String, userID: String, token: String) {
    self.organizationID = organizationID
    self.userID = userID
    self.token = token
  }
}

/// A migrated database and a server at it.
public struct ServedDatabase: Sendable {
  public let database: TestDatabase
  public let server: TestServer
  /// The superuser's connections: few, however many tests ask at once.
  private let administrators: Lanes

  /// Makes both. Blocks.
  private init(
    _ database: TestDatabase, rates: RequestRates = RequestRates(),
    configure: (inout ServerConfiguration) -> Void = { _ in }
  ) throws {
    self.database = database
    server = try TestServer(database.serverSettings(), rates: rates, configure: configure)
    administrators = Lanes(name: "administrators", settings: database.settings, count: 4)
  }

  /// So many tests run the checks at the same time.
  private static let auditors = DispatchSemaphore(value: 4)

  /// Makes one that lasts as long as the test process.
  public static func make() async throws -> ServedDatabase {
    try await onOwnThread { try ServedDatabase(.makeMigrated()) }
  }

  /// The one for tests that change nothing but their own organization.
  ///
  /// Nothing sweeps it. What one test leaves open, as a reservation, is a violation ten minutes after its end for each test
  /// that looks, so that a database takes newcomers for five minutes, and the next one takes its place.
  public static func shared() async throws -> ServedDatabase {
    try await newest.withLock { newest in
      if let newest, newest.began.duration(to: .now) < .seconds(300) { return newest.making }
      let making = Task { try await make() }
      newest = (.now, making)
      return making
    }.value
  }

  private static let newest = Mutex<(began: ContinuousClock.Instant, making: Task<ServedDatabase, any Error>)?>(nil)

  /// Lends one that nobody else uses, and ends it. The server has these rates, and puts up with what is configured.
  public static func with<Value: Sendable>(
    rates: RequestRates = RequestRates(), configure: @escaping @Sendable (inout ServerConfiguration) -> Void = { _ in },
    _ body: (ServedDatabase) async throws -> Value
  ) async throws -> Value {
    let served = try await onOwnThread { try ServedDatabase(.makeMigrated(), rates: rates, configure: configure) }
    do {
      let value = try await body(served)
      try await onOwnThread { try served.end() }
      return value
    } catch {
      try await onOwnThread { try served.end() }
      throw error
    }
  }

  private func end() throws {
    server.stop()
    administrators.shutDown()
    try database.drop()
  }

  /// A new organization with a user.
  public func makeTenant(plan: String = "pro") async throws -> Tenant {
    let (organizationID, userID) = try await administrators.run { connection in
      let organizationID = try Administration.createOrganization(name: "Test", plan: plan, on: &connection)
      return (organizationID, try Administration.createUser(in: organizationID, on: &connection))
    }
    return Tenant(
      organizationID: organizationID.description, userID: userID.description,
      token: try server.tokens.user(userID.description))
  }

  /// The same with tokens for actions, which no plan grants.
  public func makeTenant(apiBudget: Int) async throws -> Tenant {
    let tenant = try await makeTenant()
    try await script(
      """
      INSERT INTO public.ai_tokens (organization_id, token_type, balance)
      VALUES ('\(tenant.organizationID)', 'api_budget', \(apiBudget))
      """)
    return tenant
  }

  /// The first value of a query's first row, as the superuser.
  public func text(_ sql: String) async throws -> String? {
    try await administrators.run { try $0.query(Statement(sql)).optionalString(0, 0) }
  }

  /// Runs statements as the superuser.
  public func script(_ sql: String) async throws {
    try await administrators.run { try $0.script(sql) }
  }

  /// What the checks of `tollgate verify` find wrong.
  public func violations() async throws -> [String] {
    try await onOwnThread { [database] in
      Self.auditors.wait()
      defer { Self.auditors.signal() }
      return try database.violations()
    }
  }
}
