import Cluster
import Foundation
import Postgres

/// The database of `tollgate dev`: a private cluster, or the server that `DATABASE_URL` names.
struct DevelopmentDatabase {
  /// Connection string of an administrator.
  let administratorURL: String
  /// Connection string that the server serves with.
  let servingURL: String
  private let cluster: PrivateCluster?

  /// A private cluster in a directory, with the database `tollgate`.
  ///
  /// Blocks until it accepts connections. `grantLogin` has to follow the migrations, which make the server's role.
  static func makePrivate(in directory: URL) throws -> DevelopmentDatabase {
    let cluster = PrivateCluster(directory: directory)
    try cluster.start()
    do {
      try createDatabase(ConnectionSettings(cluster.administratorURL))
      let password = try PrivateFile.secret(at: directory.appending(path: "server-password"))
      return DevelopmentDatabase(
        administratorURL: cluster.administratorURL(database: databaseName),
        servingURL: cluster.url(user: "tollgate_server", password: password, database: databaseName),
        cluster: cluster)
    } catch {
      try? cluster.stop()
      throw error
    }
  }

  static func existing(administratorURL: String, servingURL: String) -> DevelopmentDatabase {
    DevelopmentDatabase(administratorURL: administratorURL, servingURL: servingURL, cluster: nil)
  }

  private static let databaseName = "tollgate"

  private static func createDatabase(_ settings: ConnectionSettings) throws {
    var connection = try Connection(settings)
    let found = try connection.query("SELECT FROM pg_database WHERE datname = $1", [.text(databaseName)])
    guard found.count == 0 else { return }
    try connection.script("CREATE DATABASE \(databaseName)")
  }

  /// Lets the server's role log in to the private cluster. Does nothing on another server, whose owner decides that.
  func grantLogin(in directory: URL) throws {
    guard cluster != nil else { return }
    let password = try PrivateFile.secret(at: directory.appending(path: "server-password"))
    var connection = try Connection(ConnectionSettings(administratorURL))
    // A utility statement takes no parameters: the server itself quotes the password.
    let statement = try connection.query(
      "SELECT format('ALTER ROLE tollgate_server PASSWORD %L', $1::text)", [.text(password)])
    try connection.script(statement.string(0, 0))
  }

  /// Stops the private cluster. Data stays.
  func stop() throws { try cluster?.stop() }
}

extension PrivateCluster {
  /// The administrator's connection string for a database of this cluster.
  func administratorURL(database: String) -> String {
    let url = administratorURL
    guard let slash = url.lastIndex(of: "/") else { return url }
    return String(url[...slash]) + database
  }
}
