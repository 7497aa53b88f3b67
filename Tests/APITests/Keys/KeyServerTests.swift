import Cluster
import JSON
import Postgres
import Testbed
import Testing

/// Each test has servers of its own.
@Suite("API keys of several servers, and without the database")
struct KeyServerTests {
  /// So long a server may go on with what it has read: a request that is sent later meets the key as it is.
  private static let bound: Duration = .seconds(5)

  /// Runs statements as the superuser, from outside of the database that is taken away.
  private static func administer(_ sql: String) async throws {
    try await onOwnThread {
      var connection = try Connection(ConnectionSettings(try TestCluster.shared.get().url(database: "postgres")))
      try connection.script(sql)
    }
  }

  @Test("a key that one server revokes is refused there at once, and by another server that uses it within 5 seconds")
  func revocation() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      let first = served.server
      let second = try await onOwnThread { try TestServer(served.database.serverSettings()) }
      for isRotated in [false, true] {
        let key = try await first.makeKey(of: tenant.organizationID, "read")
        for server in [first, second] { #expect(try await server.status(of: key) == 200) }
        let service = try first.tokens.service()
        if isRotated {
          _ = try await first.call(
            "POST", Path.keys + "/\(key.id)/rotate", token: service, body: #"{"graceSeconds":0}"#)
        } else {
          _ = try await first.call("DELETE", Path.keys + "/\(key.id)", token: service)
        }
        let revoked = ContinuousClock.now
        #expect(try await first.status(of: key) == 401)
        var sent = ContinuousClock.now
        while try await second.status(of: key) == 200 {
          try #require(sent - revoked <= Self.bound)
          sent = .now
        }
        #expect(try await second.status(of: key) == 401)
      }
      try await onOwnThread { second.stop() }
    }
  }

  @Test("while the database is away, keys that were read go on for 5 seconds, and all others get 503")
  func databaseAway() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      let server = served.server
      let known = try await server.makeKey(of: tenant.organizationID, "spend")
      let other = try await server.makeKey(of: tenant.organizationID, "spend")
      // A body that is no JSON: who gets so far has been authenticated, and PostgreSQL is not asked.
      func status(_ key: MadeKey) async throws -> Int {
        try await server.call("POST", Path.deduct, token: key.text, body: "{").status
      }
      let asked = ContinuousClock.now
      #expect(try await status(known) == 400)
      let name = served.database.name
      try await Self.administer("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
      try await Self.administer(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '\(name)' AND usename = 'tollgate_server'
        """)
      let gone = ContinuousClock.now
      let stillKnown = try await status(known)
      if ContinuousClock.now - asked < Self.bound { #expect(stillKnown == 400) }
      #expect(try await status(other) == 503)
      var sent = ContinuousClock.now
      while try await status(known) == 400, sent - gone <= Self.bound { sent = .now }
      #expect(try await status(known) == 503)

      try await Self.administer("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
      let healed = ContinuousClock.now
      while try await status(known) == 503, ContinuousClock.now - healed < .seconds(30) {}
      #expect(try await status(known) == 400)
      #expect(try await status(other) == 400)
    }
  }
}
