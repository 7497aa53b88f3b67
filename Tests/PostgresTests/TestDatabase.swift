import Testbed

/// A cluster of this suite's own: one test changes settings of the whole server.
enum TestDatabase {
  private static let cluster = Result { try TestCluster() }

  static func connectionString() throws -> String { try cluster.get().url(database: "postgres") }
}
