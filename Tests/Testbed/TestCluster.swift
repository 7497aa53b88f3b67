public import Cluster
import Glibc

/// The throw-away PostgreSQL cluster of one test process. It ends with the process, however that ends.
public final class TestCluster: Sendable {
  /// The one that all suites share who do not change the server as a whole. Blocks while it is made.
  public static let shared = Result { try TestCluster() }

  public let cluster: PrivateCluster

  /// Makes a cluster of its own. Blocks. Connections are plenty, because suites run side by side.
  public init() throws {
    cluster = try PrivateCluster.throwAway(in: Self.folder, settings: ["max_connections": "300"])
    try cluster.start()
  }

  /// In memory where there is plenty: hundreds of databases are made and dropped, and a disk is busy with little else then.
  /// No test cuts the power.
  private static var folder: String {
    let memory = "/dev/shm"
    var state = statvfs()
    guard access(memory, W_OK | X_OK) == 0, statvfs(memory, &state) == 0 else { return "/tmp" }
    return UInt64(state.f_bavail) * UInt64(state.f_frsize) >= 6 << 30 ? memory : "/tmp"
  }

  /// A superuser's connection string for a database.
  public func url(database: String) -> String {
    let url = cluster.administratorURL
    let end = url.lastIndex(of: "/") ?? url.endIndex
    return url[..<end] + "/" + database
  }
}
