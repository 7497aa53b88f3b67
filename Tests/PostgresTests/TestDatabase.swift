import Foundation
import Postgres

/// The PostgreSQL cluster the tests run against, as its superuser.
enum TestDatabase {
  struct Missing: Error, CustomStringConvertible {
    var description: String { "TOLLGATE_TEST_DATABASE_URL names no PostgreSQL cluster" }
  }

  static func connectionString() throws -> String {
    guard let url = ProcessInfo.processInfo.environment["TOLLGATE_TEST_DATABASE_URL"], !url.isEmpty else {
      throw Missing()
    }
    return url
  }
}
