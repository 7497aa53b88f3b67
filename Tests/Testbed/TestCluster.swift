public import Cluster

/// The throw-away PostgreSQL cluster of one test process. It ends with the process, however that ends.
public final class TestCluster: Sendable {
  /// The one that all suites share who do not change the server as a whole. Blocks while it is made.
  public static let shared = Result { try TestCluster() }

  public let cluster: PrivateCluster

  /// Makes a cluster of its own. Blocks. Connections are plenty, because suites run side by side.
  public init() throws {
    cluster = try PrivateCluster.throwAway(settings: ["max_connections": "300"])
    try cluster.start()
  }

  /// A superuser's connection string for a database.
  public func url(database: String) -> String {
    let url = cluster.administratorURL
    let end = url.lastIndex(of: "/") ?? url.endIndex
    return url[..<end] + "/" + database
  }
}
