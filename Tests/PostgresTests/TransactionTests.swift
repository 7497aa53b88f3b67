import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Transaction")
  struct TransactionTests {
    struct Refusal: Error {}

    private static func counting(
      _ body: @escaping @Sendable (inout Connection) throws -> Void
    ) async throws -> (error: PostgresError?, count: Int64, isLeftOpen: Bool) {
      try await withConnection { connection in
        try connection.script(
          "CREATE TEMP TABLE kept (n bigint CONSTRAINT kept_once UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = failure { try connection.transaction(body) }
        let isLeftOpen = connection.isInTransaction
        return (error, try connection.integer("SELECT count(*) FROM kept"), isLeftOpen)
      }
    }

    @Test("a body that returns is committed")
    func commits() async throws {
      let outcome = try await Self.counting { connection in
        try connection.run("INSERT INTO kept VALUES (1)")
        let isOpen = connection.isInTransaction
        #expect(isOpen)
      }
      #expect(outcome.error == nil)
      #expect(outcome.count == 1)
      #expect(!outcome.isLeftOpen)
    }

    @Test("what joins an open transaction ends with it, and has one of its own where none is open")
    func joins() async throws {
      let (inside, alone) = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE kept (n bigint)")
        #expect(throws: Refusal.self) {
          try connection.transaction { connection in
            try connection.joiningTransaction { try $0.run("INSERT INTO kept VALUES (1)") }
            throw Refusal()
          }
        }
        let inside = try connection.integer("SELECT count(*) FROM kept")
        #expect(throws: Refusal.self) {
          try connection.joiningTransaction { connection in
            try connection.run("INSERT INTO kept VALUES (1)")
            throw Refusal()
          }
        }
        try connection.joiningTransaction { try $0.run("INSERT INTO kept VALUES (2)") }
        return (inside, try connection.integer("SELECT sum(n)::bigint FROM kept"))
      }
      #expect(inside == 0)
      #expect(alone == 2)
    }

    @Test("a body that throws is rolled back, and its own error is thrown")
    func rollsBack() async throws {
      let count = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE kept (n bigint)")
        #expect(throws: Refusal.self) {
          try connection.transaction { connection in
            try connection.run("INSERT INTO kept VALUES (1)")
            throw Refusal()
          }
        }
        return try connection.integer("SELECT count(*) FROM kept")
      }
      #expect(count == 0)
    }

    @Test("a body that hides a failed statement is not reported as committed")
    func hiddenFailure() async throws {
      let outcome = try await Self.counting { connection in
        try connection.run("INSERT INTO kept VALUES (1)")
        _ = failure { try connection.run("SELECT 1 / 0") }
      }
      #expect(outcome.error?.sqlState == .failedTransaction)
      #expect(outcome.count == 0)
      #expect(!outcome.isLeftOpen)
    }

    @Test("a body that ends the transaction itself is reported")
    func endedByBody() async throws {
      let outcome = try await Self.counting { try $0.script("COMMIT") }
      #expect(outcome.error?.sqlState == .noActiveTransaction)
    }

    @Test("what COMMIT refuses is rolled back and reported as it is")
    func refusedAtCommit() async throws {
      let outcome = try await Self.counting { try $0.run("INSERT INTO kept VALUES (1), (1)") }
      #expect(outcome.error?.kind == .server)
      #expect(outcome.error?.sqlState == .uniqueViolation)
      #expect(outcome.error?.constraint == "kept_once")
      #expect(outcome.count == 0)
      #expect(!outcome.isLeftOpen)
    }

    @Test("a transaction in a transaction is refused, and the outer one fails with it")
    func nested() async throws {
      let outcome = try await Self.counting { connection in
        try connection.run("INSERT INTO kept VALUES (1)")
        try connection.transaction { try $0.run("INSERT INTO kept VALUES (2)") }
      }
      #expect(outcome.error?.sqlState == .activeTransaction)
      #expect(outcome.count == 0)
    }

    @Test("behind a pooler each transaction sets its limits for itself and leaves nothing behind")
    func pooled() async throws {
      var settings = try PostgresTests.settings()
      settings.usesNamedStatements = false
      settings.statementTimeoutMilliseconds = 4321
      settings.searchPath = "pg_catalog, \"odd name\", pg_temp"
      let found = try await withConnection(settings) { connection in
        // What another client of the pooler may have left in the session.
        try connection.script("SET statement_timeout = 7000; SET search_path = public")
        let show: Statement = "SELECT current_setting('statement_timeout') || ' ' || current_setting('search_path')"
        let inside = try connection.transaction { try $0.text(show) }
        return [inside, try connection.text(show)]
      }
      #expect(found == ["4321ms pg_catalog, \"odd name\", pg_temp", "7s public"])
    }

    @Test("a setting that BEGIN cannot make leaves no transaction open")
    func failedBegin() async throws {
      var settings = try PostgresTests.settings()
      settings.usesNamedStatements = false
      let (error, isOpen) = try await withConnection(settings) { connection in
        let failing = "BEGIN; SET LOCAL statement_timeout = 'never'"
        let error = failure { try connection.script(failing) }
        let wasOpen = connection.isInTransaction
        #expect(wasOpen)
        connection.rollBack()
        return (error, connection.isInTransaction)
      }
      #expect(error?.sqlState == .invalidParameterValue)
      #expect(!isOpen)
    }
  }
}
