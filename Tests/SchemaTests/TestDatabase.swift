import Foundation
import Postgres
import Schema

/// A database of its own for one test, on the cluster that the tests run against, as its superuser.
struct TestDatabase: Sendable {
  struct Missing: Error, CustomStringConvertible {
    var description: String { "TOLLGATE_TEST_DATABASE_URL names no PostgreSQL cluster" }
  }

  let name: String
  let url: String

  var settings: ConnectionSettings { ConnectionSettings(url, applicationName: "schema-tests") }

  /// The cluster has connections for so many tests at once.
  private static let places = DispatchSemaphore(value: 8)

  /// Makes an empty database, lends it to `body` on a thread that may block, and drops it.
  static func with<Value: Sendable>(_ body: @escaping @Sendable (TestDatabase) throws -> Value) async throws -> Value {
    try await onThread {
      places.wait()
      defer { places.signal() }
      let name = "schema_test_\(UUID().uuidString.prefix(8).lowercased())"
      let administrator = try url(of: "postgres")
      var connection = try Connection(ConnectionSettings(administrator))
      try connection.script("CREATE DATABASE \(name)")
      let result = Result { try body(TestDatabase(name: name, url: try url(of: name))) }
      try connection.script("DROP DATABASE \(name) WITH (FORCE)")
      return try result.get()
    }
  }

  /// The same with a database that this program has migrated.
  static func withMigrated<Value: Sendable>(
    _ body: @escaping @Sendable (TestDatabase) throws -> Value
  ) async throws -> Value {
    try await with { database in
      _ = try Migrator(settings: database.settings).up()
      return try body(database)
    }
  }

  /// A connection, as the superuser.
  func connect() throws -> Connection { try Connection(settings) }

  /// Runs statements, as the superuser.
  func script(_ sql: String) throws {
    var connection = try connect()
    try connection.script(sql)
  }

  /// The first value of a query's first row.
  func text(_ sql: String) throws -> String? {
    var connection = try connect()
    return try connection.query(Statement(sql)).optionalString(0, 0)
  }

  /// Runs blocking code where it may block.
  static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
  }

  private static func url(of database: String) throws -> String {
    guard let url = ProcessInfo.processInfo.environment["TOLLGATE_TEST_DATABASE_URL"],
      var components = URLComponents(string: url)
    else { throw Missing() }
    components.path = "/\(database)"
    guard let string = components.string else { throw Missing() }
    return string
  }
}
