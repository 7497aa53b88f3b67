import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("A lost connection")
  struct LostConnectionTests {
    @Test("a backend killed under a statement is a lost connection, and later statements are not sent")
    func killedUnderStatement() async throws {
      let (first, second, isUsable) = try await withConnection { connection in
        let first = failure { try connection.run("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)") }
        return (first, failure { try connection.run("SELECT 1") }, connection.isUsable)
      }
      #expect(first?.kind == .connectionLost)
      #expect(first?.sqlState == .adminShutdown)
      #expect(second?.kind == .connectionFailed)
      #expect(!isUsable)
    }

    @Test("a backend killed by another while it waits is a lost connection")
    func killedByAnother() async throws {
      let settings = try PostgresTests.settings()
      let error = try await withConnection { holder in
        try holder.run("SELECT pg_advisory_lock(471102)")
        var victim = try Connection(settings)
        let killer = Lanes(name: "killer", settings: settings, count: 1)
        let victimID = victim.backendProcessID
        killer.submit({ connection in
          // The lock that is waited for is the signal that the statement is under way.
          while try connection.integer(
            "SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted", [.integer(Int64(victimID))]) == 0
          {}
          try connection.run("SELECT pg_terminate_backend($1)", [.integer(Int64(victimID))])
        }) { (_: Result<Void, any Error>) in }
        let error = failure { try victim.run("SELECT pg_advisory_lock(471102)") }
        killer.shutDown()
        return error
      }
      #expect(error?.kind == .connectionLost)
      #expect(error?.sqlState == .adminShutdown)
    }

    @Test("a loss while idle is noticed without sending anything")
    func lostWhileIdle() async throws {
      let error = try await withConnection { connection in
        var victim = try Connection(try PostgresTests.settings())
        victim.noticeLossWhileIdle()
        let before = victim.isUsable
        #expect(before)
        // The second argument waits until the backend is gone.
        let gone = try connection.text(
          "SELECT pg_terminate_backend($1, 5000)", [.integer(Int64(victim.backendProcessID))])
        #expect(gone == "t")
        victim.noticeLossWhileIdle()
        return failure { try victim.run("SELECT 1") }
      }
      #expect(error?.kind == .connectionFailed)
    }

    @Test("an idle transaction cut off by its timeout is a lost connection")
    func idleInTransaction() async throws {
      var settings = try PostgresTests.settings()
      settings.idleInTransactionTimeoutMilliseconds = 300
      let error = try await withConnection { [settings] watcher in
        var victim = try Connection(settings)
        try victim.script("BEGIN")
        while try watcher.integer(
          "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", [.integer(Int64(victim.backendProcessID))]) == 1
        {}
        return failure { try victim.run("SELECT 1") }
      }
      #expect(error?.kind == .connectionLost)
      #expect(error?.sqlState == .idleInTransactionTimeout)
    }

    @Test("a server that does not answer in time is a lost connection")
    func noAnswer() async throws {
      var settings = try PostgresTests.settings()
      settings.responseTimeoutMilliseconds = 30
      let (error, isUsable) = try await withConnection(settings) { connection in
        (failure { try connection.script("SELECT pg_sleep(60)") }, connection.isUsable)
      }
      #expect(error?.kind == .connectionLost)
      #expect(!isUsable)
    }

    @Test("a server that answers in time is not")
    func promptAnswer() async throws {
      var settings = try PostgresTests.settings()
      settings.responseTimeoutMilliseconds = 60_000
      let length = try await withConnection(settings) { connection in
        // More than one packet, so that the answer is waited for in pieces.
        try connection.text("SELECT repeat('x', 1000000)")?.utf8.count
      }
      #expect(length == 1_000_000)
    }

    @Test("a COMMIT that nobody answers is a lost connection")
    func lostAtCommit() async throws {
      let error = try await withConnection { connection in
        try connection.script(
          """
          CREATE TEMP TABLE cut (n bigint);
          CREATE FUNCTION pg_temp.end_here() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN NULL; END';
          CREATE CONSTRAINT TRIGGER cut_at_commit AFTER INSERT ON cut
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.end_here();
          """)
        return failure { try connection.transaction { try $0.run("INSERT INTO cut VALUES (1)") } }
      }
      #expect(error?.kind == .connectionLost)
      #expect(error?.sqlState == .adminShutdown)
    }

    @Test("a commit that gave up on its synchronous standby is not an acknowledgement")
    func synchronousReplication() async throws {
      let settings = try PostgresTests.settings()
      let (error, row) = try await withConnection { connection in
        try connection.script("SET synchronous_commit = off")
        try connection.script("DROP TABLE IF EXISTS public.replicated; CREATE TABLE public.replicated (n bigint)")
        defer { Self.forgetStandby(&connection) }
        try connection.script("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try connection.script("SELECT pg_reload_conf()")
        while try connection.text("SHOW synchronous_standby_names") != "nobody" {}

        var writer = try Connection(settings)
        let writerID = writer.backendProcessID
        let canceler = Lanes(name: "canceler", settings: settings, count: 1)
        canceler.submit({ connection in
          while try connection.integer(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'",
            [.integer(Int64(writerID))]) == 0
          {}
          try connection.run("SELECT pg_cancel_backend($1)", [.integer(Int64(writerID))])
        }) { (_: Result<Void, any Error>) in }
        let error = failure {
          try writer.transaction { connection in
            try connection.script("SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = 0")
            try connection.run("INSERT INTO public.replicated VALUES (1)")
          }
        }
        canceler.shutDown()
        return (error, try connection.integer("SELECT count(*) FROM public.replicated"))
      }
      #expect(error?.kind == .connectionLost)
      #expect(row == 1)
    }

    /// What fails here shows in every later test that commits.
    private static func forgetStandby(_ connection: inout Connection) {
      _ = failure { try connection.script("ALTER SYSTEM RESET synchronous_standby_names") }
      _ = failure { try connection.script("SELECT pg_reload_conf()") }
      _ = failure { while try connection.text("SHOW synchronous_standby_names") != "" {} }
      _ = failure { try connection.script("DROP TABLE public.replicated") }
    }
  }
}
