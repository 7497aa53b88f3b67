import Cluster
import Foundation
import Locking
public import Postgres
import Schema

/// A database of its own for one test or one suite, on the shared cluster, as its superuser.
public struct TestDatabase: Sendable {
  public let name: String
  public let url: String

  /// A superuser's, whose statements may take as long as they do on a machine that has much else to do.
  public var settings: ConnectionSettings {
    var settings = ConnectionSettings(url, applicationName: "tests")
    settings.statementTimeoutMilliseconds = 60_000
    return settings
  }

  /// The cluster has connections for so many tests at once.
  private static let places = DispatchSemaphore(value: 8)

  /// A migrated database that others are copied from; nobody stays connected to it.
  private static let template = Result {
    let database = try TestDatabase(name: "template_tollgate")
    _ = try Migrator(settings: database.settings).up()
    return database
  }

  /// What makes and drops databases. One at a time: a database is copied only while nobody is connected to it.
  private static let steward = Mutex<Connection?>(nil)

  private init(name: String, from template: String? = nil) throws {
    let cluster = try TestCluster.shared.get()
    try Self.onCluster("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
    self.name = name
    url = cluster.url(database: name)
  }

  /// Makes an empty database. Blocks.
  public static func makeEmpty() throws -> TestDatabase { try TestDatabase(name: uniqueName()) }

  /// Makes a database that this program has migrated. Blocks.
  public static func makeMigrated() throws -> TestDatabase {
    try TestDatabase(name: uniqueName(), from: template.get().name)
  }

  private static func uniqueName() -> String { "test_\(UUID().uuidString.prefix(8).lowercased())" }

  /// Making and dropping databases waits for the disk, which many tests at once keep busy.
  private static func onCluster(_ sql: String) throws {
    var settings = ConnectionSettings(try TestCluster.shared.get().url(database: "postgres"))
    settings.statementTimeoutMilliseconds = 60_000
    try steward.withLock { [settings] kept in
      // Not kept when it fails: the next one is told why again, or works.
      var connection = if let idle = kept.take() { idle } else { try Connection(settings) }
      try connection.script(sql)
      kept = consume connection
    }
  }

  /// Drops it, whoever is still connected. Blocks.
  public func drop() throws { try Self.onCluster("DROP DATABASE \(name) WITH (FORCE)") }

  /// Makes an empty database, lends it to `body` on a thread that may block, and drops it.
  public static func with<Value: Sendable>(
    _ body: @escaping @Sendable (TestDatabase) throws -> Value
  ) async throws -> Value {
    try await lend(makeEmpty, to: body)
  }

  /// The same with a database that this program has migrated.
  public static func withMigrated<Value: Sendable>(
    _ body: @escaping @Sendable (TestDatabase) throws -> Value
  ) async throws -> Value {
    try await lend(makeMigrated, to: body)
  }

  private static func lend<Value: Sendable>(
    _ make: @escaping @Sendable () throws -> TestDatabase, to body: @escaping @Sendable (TestDatabase) throws -> Value
  ) async throws -> Value {
    try await onOwnThread {
      places.wait()
      defer { places.signal() }
      let database = try make()
      let result = Result { try body(database) }
      try database.drop()
      return try result.get()
    }
  }

  /// A connection, as the superuser.
  public func connect() throws -> Connection { try Connection(settings) }

  /// Runs statements, as the superuser.
  public func script(_ sql: String) throws {
    var connection = try connect()
    try connection.script(sql)
  }

  /// The first value of a query's first row.
  public func text(_ sql: String) throws -> String? {
    var connection = try connect()
    return try connection.query(Statement(sql)).optionalString(0, 0)
  }

  /// The settings of the server's login, which is given a password of this run's own. Blocks.
  public func serverSettings() throws -> ConnectionSettings {
    ConnectionSettings(try serverURL(), applicationName: "tests")
  }

  /// The connection string of the same login, for other processes. Blocks.
  public func serverURL() throws -> String {
    let cluster = try TestCluster.shared.get().cluster
    return cluster.url(user: "tollgate_server", password: try Self.serverPassword.get(), database: name)
  }

  private static let serverPassword = Result {
    let password = UUID().uuidString
    _ = try template.get()
    try onCluster("ALTER ROLE tollgate_server PASSWORD '\(password)'")
    return password
  }

  /// What the checks of `tollgate verify` find wrong: nothing, when the ledger still adds up. Blocks.
  public func violations() throws -> [String] {
    try Auditor(settings: settings).run().flatMap { result in result.violations.map { "\(result.name): \($0)" } }
  }
}
