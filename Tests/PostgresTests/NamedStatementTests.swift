import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Named statements")
  struct NamedStatementTests {
    private static let planCount: Statement = "SELECT count(*) FROM pg_prepared_statements"

    @Test("a named statement is prepared once")
    func once() async throws {
      let (sums, plans) = try await withConnection { connection in
        let add = Statement.named("SELECT $1::bigint + 1")
        let sums = try (1...3).map { try connection.integer(add, [.integer($0)]) }
        return (sums, try connection.integer(Self.planCount))
      }
      #expect(sums == [2, 3, 4])
      #expect(plans == 1)
    }

    @Test("with names switched off nothing is prepared")
    func switchedOff() async throws {
      var settings = try PostgresTests.settings()
      settings.usesNamedStatements = false
      let (sum, plans) = try await withConnection(settings) { connection in
        (try connection.integer(.named("SELECT $1::bigint + 1"), [1]), try connection.integer(Self.planCount))
      }
      #expect(sum == 2)
      #expect(plans == 0)
    }

    @Test("a statement the server forgot is prepared again")
    func forgotten() async throws {
      let sums = try await withConnection { connection in
        let add = Statement.named("SELECT $1::bigint + 1")
        let before = try connection.integer(add, [1])
        try connection.script("DEALLOCATE ALL")
        return [before, try connection.integer(add, [2])]
      }
      #expect(sums == [2, 3])
    }

    @Test("a plan whose result type changed is made again, and the old one goes")
    func changedPlan() async throws {
      let (values, plans) = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE shaped (a bigint); INSERT INTO shaped VALUES (1)")
        let select = Statement.named("SELECT * FROM shaped")
        let before = try connection.text(select)
        try connection.script("ALTER TABLE shaped ALTER a TYPE text USING 'one'")
        let after = try connection.text(select)
        try connection.run(.named("SELECT 1"))
        return ([before, after], try connection.integer(Self.planCount))
      }
      #expect(values == ["1", "one"])
      #expect(plans == 2)
    }

    @Test("inside a transaction such a plan fails it, and the next run works")
    func changedPlanInTransaction() async throws {
      let (error, value) = try await withConnection { connection in
        try connection.script("CREATE TEMP TABLE shaped (a bigint); INSERT INTO shaped VALUES (1)")
        let select = Statement.named("SELECT * FROM shaped")
        try connection.run(select)
        try connection.script("ALTER TABLE shaped ALTER a TYPE text USING 'one'")
        let error = failure { try connection.transaction { try $0.run(select) } }
        return (error, try connection.transaction { try $0.text(select) })
      }
      #expect(error?.sqlState == .featureNotSupported)
      #expect(value == "one")
    }

    @Test("a statement that fails every time is tried twice at most")
    func unsupported() async throws {
      let (error, count) = try await withConnection { connection in
        try connection.script("CREATE TEMP SEQUENCE tries")
        try connection.script(
          """
          CREATE FUNCTION pg_temp.refuse() RETURNS bigint LANGUAGE plpgsql
            AS 'BEGIN PERFORM nextval(''tries''); RAISE EXCEPTION USING ERRCODE = ''0A000''; END'
          """)
        let error = failure { try connection.run(.named("SELECT pg_temp.refuse()")) }
        return (error, try connection.integer("SELECT last_value FROM tries"))
      }
      #expect(error?.sqlState == .featureNotSupported)
      #expect(count == 2)
    }

    @Test("beyond the limit statements are sent whole")
    func limit() async throws {
      let plans = try await withConnection { connection in
        for number in 0..<(PreparedStatements.limit + 10) {
          let value = try connection.integer(.named("SELECT \(number)"))
          #expect(value == Int64(number))
        }
        return try connection.integer(Self.planCount)
      }
      #expect(plans == Int64(PreparedStatements.limit))
    }
  }
}
