import Cluster
import Foundation
import Locking
import Postgres
import Schema
import Testbed

/// A database for one page, on a cluster that only pages use: they may change what belongs to a whole cluster.
struct DocumentedDatabase: Sendable {
  private static let cluster = Result { try TestCluster() }
  private static let password = UUID().uuidString
  private static let copying = Mutex(())

  private static let template = Result {
    let own = try cluster.get()
    try script("CREATE DATABASE template_documents", on: "postgres")
    _ = try Migrator(settings: ConnectionSettings(own.url(database: "template_documents"))).up()
    try script("ALTER ROLE tollgate_server PASSWORD '\(password)'", on: "postgres")
    return "template_documents"
  }

  let name: String
  /// An administrator's connection string.
  let administratorURL: String
  /// The server's login.
  let serverURL: String

  /// Makes it. Blocks.
  init() throws {
    let name = "page_\(UUID().uuidString.prefix(8).lowercased())"
    try Self.copying.withLock { _ in
      try Self.script("CREATE DATABASE \(name) TEMPLATE \(Self.template.get())", on: "postgres")
    }
    let own = try Self.cluster.get()
    self.name = name
    administratorURL = own.url(database: name)
    serverURL = own.cluster.url(user: "tollgate_server", password: Self.password, database: name)
  }

  func drop() throws { try Self.script("DROP DATABASE \(name) WITH (FORCE)", on: "postgres") }

  /// What the checks of `tollgate verify` find wrong.
  func violations() throws -> [String] {
    try Auditor(settings: ConnectionSettings(administratorURL)).run().flatMap { result in
      result.violations.map { "\(result.name): \($0)" }
    }
  }

  /// libpq's variables for an administrator.
  func administratorEnvironment() throws -> [String: String] {
    guard let parts = URLComponents(string: administratorURL), let host = parts.host, let port = parts.port,
      let user = parts.user, let password = parts.password
    else { throw Page.Failure(description: "no connection string: \(administratorURL)") }
    return ["PGHOST": host, "PGPORT": "\(port)", "PGUSER": user, "PGPASSWORD": password, "PGDATABASE": "postgres"]
  }

  private static func script(_ sql: String, on database: String) throws {
    var settings = ConnectionSettings(try cluster.get().url(database: database))
    settings.statementTimeoutMilliseconds = 60_000
    var connection = try Connection(settings)
    try connection.script(sql)
  }
}
