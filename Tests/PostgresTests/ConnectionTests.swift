import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Connection")
  struct ConnectionTests {
    @Test("a session is pinned to its settings")
    func sessionSettings() async throws {
      var settings = try PostgresTests.settings()
      settings.applicationName = "it's a \\ name"
      settings.statementTimeoutMilliseconds = 4321
      settings.lockTimeoutMilliseconds = 1234
      settings.idleInTransactionTimeoutMilliseconds = 5678
      settings.searchPath = "pg_catalog, \"odd \\ name\", pg_temp"
      let found = try await withConnection(settings) { connection in
        try [
          "application_name", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
          "search_path", "client_encoding", "TimeZone",
        ].map { try connection.text("SELECT current_setting($1)", [.text($0)]) }
      }
      #expect(
        found == [
          "it's a \\ name", "4321ms", "1234ms", "5678ms", "pg_catalog, \"odd \\ name\", pg_temp", "UTF8", "UTC",
        ])
    }

    @Test("options of the connection string are kept, except where the settings speak")
    func givenOptions() async throws {
      let given = "options='-c tollgate.given=kept -c statement_timeout=1'"
      let url = try TestDatabase.connectionString()
      let joined = url.contains("://") ? Self.withQuery(url) : "\(url) \(given)"
      let found = try await withConnection(ConnectionSettings(joined)) { connection in
        try ["tollgate.given", "statement_timeout"].map { name in
          try connection.text("SELECT current_setting($1)", [.text(name)])
        }
      }
      #expect(found == ["kept", "5s"])
    }

    private static func withQuery(_ url: String) -> String {
      let options = "options=-c%20tollgate.given%3Dkept%20-c%20statement_timeout%3D1"
      return url + (url.contains("?") ? "&" : "?") + options
    }

    @Test("a connection describes the server and itself")
    func identity() async throws {
      try await withConnection { connection in
        let pid = try connection.integer("SELECT pg_backend_pid()")
        let version = try connection.integer("SELECT current_setting('server_version_num')::bigint")
        let own = (Int64(connection.backendProcessID), Int64(connection.serverVersion))
        #expect(own.0 == pid)
        #expect(own.1 == version)
        let state = [connection.isUsable, connection.isInTransaction]
        #expect(state == [true, false])
      }
    }

    @Test("no description of the settings shows the connection string")
    func noSecrets() {
      let settings = ConnectionSettings("postgresql://someone:hunter2@db.example/main")
      var dumped = ""
      dump(settings, to: &dumped)
      #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("hunter2"))
    }

    @Test("a malformed connection string fails without being quoted")
    func malformed() async throws {
      let error = await failure {
        try await withConnection(ConnectionSettings("host=localhost hunter2")) { try $0.run("SELECT 1") }
      }
      #expect(error?.kind == .connectionFailed)
      #expect(error?.debugDescription.contains("hunter2") == false)
    }

    @Test("where nobody listens the connection fails")
    func refused() async throws {
      let error = await failure {
        try await withConnection(ConnectionSettings("host=127.0.0.1 port=1")) { try $0.run("SELECT 1") }
      }
      #expect(error?.kind == .connectionFailed)
    }

    @Test("a refused statement gives SQLSTATE and constraint, and the connection goes on")
    func serverError() async throws {
      let error = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE once (n bigint CONSTRAINT only_once UNIQUE)")
        try connection.run("INSERT INTO once VALUES ($1)", [4711])
        let error = failure { try connection.run("INSERT INTO once VALUES ($1)", [4711]) }
        let rows = try connection.integer("SELECT count(*) FROM once")
        #expect(rows == 1)
        return error
      }
      #expect(error?.kind == .server)
      #expect(error?.sqlState == .uniqueViolation)
      #expect(error?.sqlState?.conditionClass == "23")
      #expect(error?.constraint == "only_once")
    }

    @Test("what the server said is in the debug description only")
    func blandDescription() async throws {
      let error = try await withConnection { connection in
        failure { try connection.run("SELECT $1::bigint", ["hunter2"]) }
      }
      #expect(error?.description == "PostgreSQL: server (SQLSTATE 22P02)")
      #expect(error?.debugDescription.contains("hunter2") == true)
    }

    @Test("a statement ends at its timeout")
    func statementTimeout() async throws {
      var settings = try PostgresTests.settings()
      settings.statementTimeoutMilliseconds = 20
      let error = try await withConnection(settings) { connection in
        failure { try connection.run("SELECT pg_sleep(60)") }
      }
      #expect(error?.kind == .server)
      #expect(error?.sqlState == .queryCanceled)
    }

    @Test("a wait for a lock ends at its timeout")
    func lockTimeout() async throws {
      var settings = try PostgresTests.settings()
      settings.lockTimeoutMilliseconds = 20
      let error = try await withConnection(settings) { [settings] holder in
        try holder.run("SELECT pg_advisory_lock(471101)")
        var waiter = try Connection(settings)
        return failure { try waiter.run("SELECT pg_advisory_lock(471101)") }
      }
      #expect(error?.kind == .server)
      #expect(error?.sqlState == .lockNotAvailable)
    }

    @Test("a script stops at its first failure and undoes what came before")
    func script() async throws {
      let (error, count) = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE steps (n bigint)")
        let error = failure { try connection.script("INSERT INTO steps VALUES (1); SELECT 1 / 0; SELECT 1") }
        return (error, try connection.integer("SELECT count(*) FROM steps"))
      }
      #expect(error?.sqlState == .divisionByZero)
      #expect(count == 0)
    }

    @Test(
      "COPY is refused and gives the connection up",
      arguments: ["COPY copied FROM STDIN", "COPY copied TO STDOUT"])
    func copy(statement: String) async throws {
      let (first, second) = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE copied (n bigint)")
        return (failure { try connection.script(statement) }, failure { try connection.run("SELECT 1") })
      }
      #expect(first?.kind == .decoding)
      #expect(second?.kind == .connectionFailed)
    }
  }
}
