import Cluster
import JSON
import Postgres
import Testbed
import Testing

/// The clients in clients/, by their own tests, against a real server.
@Suite("clients in other languages")
struct ScriptTests {
  enum Language: String, CaseIterable {
    case javascript, python

    var words: [String] {
      switch self {
      case .javascript: ["node", "--test", Tree.path("clients/javascript/tollgate.test.mjs")]
      // Without a cache of what it compiled: the tree stays as it is.
      case .python: ["python3", "-B", Tree.path("clients/python/test_tollgate.py")]
      }
    }
  }

  @Test("the client passes its own tests, and the ledger adds up", arguments: Language.allCases)
  func own(language: Language) async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        INSERT INTO tollgate.limits (limit_name, is_enabled, feature, counts, window_kind, maximum)
        VALUES ('efficiency_a_day', true, 'analyze_efficiency', 'uses', 'day', 1)
        """)
      let tenant = try await served.makeTenant(apiBudget: 500)
      let starter = try await served.makeTenant(plan: "starter")
      let outcome = try await ServedDatabase.with { away in
        let stranger = try await away.makeTenant()
        // From here on its server has no database.
        try await onOwnThread { try Self.shut(away.database) }
        return try await onOwnThread {
          let relay = try Relay(to: Int(served.server.port))
          defer { relay.close() }
          relay.swallowNextAnswer()
          let environment = [
            "TOLLGATE_URL": "http://127.0.0.1:\(served.server.port)/", "TOLLGATE_TOKEN": tenant.token,
            "TOLLGATE_ORGANIZATION": tenant.organizationID, "TOLLGATE_STARTER_TOKEN": starter.token,
            "TOLLGATE_LOSSY_URL": "http://127.0.0.1:\(relay.port)",
            "TOLLGATE_AWAY_URL": "http://localhost:\(away.server.port)", "TOLLGATE_AWAY_TOKEN": stranger.token,
            "TOLLGATE_NOBODY_URL": "http://127.0.0.1:\(try HTTPSServer.freePort())",
          ]
          return try Program(executable: "/usr/bin/env", language.words, environment: environment).waitUntilEnd()
        }
      }
      #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.complaints)")
      #expect(try await served.violations() == [])
    }
  }

  private static func shut(_ database: TestDatabase) throws {
    var connection = try Connection(ConnectionSettings(try TestCluster.shared.get().url(database: "postgres")))
    try connection.script("ALTER DATABASE \(database.name) ALLOW_CONNECTIONS false")
    try connection.script(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '\(database.name)' AND usename = 'tollgate_server'
      """)
  }
}
