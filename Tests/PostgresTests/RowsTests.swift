import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Rows")
  struct RowsTests {
    @Test("a result knows its size, its columns and what was affected")
    func shape() async throws {
      try await withConnection { connection in
        let rows = try connection.query("SELECT n, n * 2 AS \"Double\" FROM generate_series(1, 3) AS n")
        let shape = [rows.count, rows.columnCount, rows.affectedCount, try rows.column(named: "Double")]
        #expect(shape == [3, 2, 3, 1])
        let last = try rows.integer(2, 1)
        #expect(last == 6)

        try connection.script("CREATE TEMP TABLE affected (n bigint); INSERT INTO affected VALUES (1), (2), (3)")
        let update = try connection.query("UPDATE affected SET n = n + 1 WHERE n > $1", [1])
        let counts = [update.count, update.columnCount, update.affectedCount]
        #expect(counts == [0, 0, 2])
      }
    }

    @Test("a column is found by its exact name only")
    func columnName() async throws {
      let error = try await withConnection { connection in
        let rows = try connection.query("SELECT 1 AS \"Double\"")
        return failure { _ = try rows.column(named: "double") }
      }
      #expect(error?.kind == .decoding)
    }

    @Test(
      "a place outside the result is an error and never a trap",
      arguments: [(-1, 0), (1, 0), (0, -1), (0, 1), (Int.max, 0), (0, Int.max), (Int.min, Int.min)])
    func outOfRange(row: Int, column: Int) async throws {
      let (kinds, isNull) = try await withConnection { connection in
        let rows = try connection.query("SELECT 1")
        let errors = [
          failure { _ = try rows.string(row, column) }, failure { _ = try rows.integer(row, column) },
          failure { _ = try rows.boolean(row, column) }, failure { _ = try rows.bytes(row, column) },
          failure { _ = try rows.optionalString(row, column) },
          failure { _ = try rows.withBytes(row, column) { $0.count } },
        ]
        return (errors.map { $0?.kind }, rows.isNull(row, column))
      }
      #expect(kinds == [PostgresError.Kind?](repeating: .decoding, count: 6))
      #expect(isNull)
    }

    @Test("NULL is nil where it may be and an error where it may not")
    func null() async throws {
      let error = try await withConnection { connection in
        let rows = try connection.query("SELECT NULL::text, ''")
        let found = [try rows.optionalString(0, 0), try rows.optionalString(0, 1)]
        #expect(found == [nil, ""])
        let nulls = [rows.isNull(0, 0), rows.isNull(0, 1)]
        #expect(nulls == [true, false])
        let others = (
          try rows.optionalInteger(0, 0), try rows.optionalBoolean(0, 0), try rows.optionalReal(0, 0),
          try rows.optionalBytes(0, 0)
        )
        #expect(others.0 == nil && others.1 == nil && others.2 == nil && others.3 == nil)
        return failure { _ = try rows.string(0, 0) }
      }
      #expect(error?.kind == .decoding)
    }

    @Test(
      "what is not an integer of 64 bits is refused",
      arguments: ["", "-", "+5", " 5", "5 ", "1.0", "1e2", "9223372036854775808", "-9223372036854775809", "٣"])
    func notAnInteger(text: String) async throws {
      let error = try await withConnection { connection in
        let rows = try connection.query("SELECT $1::text", [.text(text)])
        return failure { _ = try rows.integer(0, 0) }
      }
      #expect(error?.kind == .decoding)
    }

    @Test("values of another form are refused")
    func otherForms() async throws {
      let kinds = try await withConnection { connection in
        let rows = try connection.query("SELECT 'true', '\\x0'::text, '\\xAB'::text, 'one'")
        let errors = [
          failure { _ = try rows.boolean(0, 0) }, failure { _ = try rows.bytes(0, 1) },
          failure { _ = try rows.bytes(0, 2) }, failure { _ = try rows.real(0, 3) },
        ]
        return errors.map { $0?.kind }
      }
      #expect(kinds == [.decoding, .decoding, .decoding, .decoding])
    }

    @Test("bytes that are no UTF-8 are lent as they are and refused as text")
    func notUTF8() async throws {
      let (bytes, error) = try await withConnection { connection in
        // SQL_ASCII is the one client encoding in which the server sends what it has.
        try connection.script("SET client_encoding = 'SQL_ASCII'")
        let rows = try connection.query("SELECT chr(233)")
        try connection.script("SET client_encoding = 'LATIN1'")
        let latin = try connection.query("SELECT chr(233)")
        let whole = try rows.withBytes(0, 0) { $0.count }
        let first = try latin.withBytes(0, 0) { $0[0] }
        return ([whole, Int(first)], failure { _ = try latin.string(0, 0) })
      }
      #expect(bytes == [2, 233])
      #expect(error?.kind == .decoding)
    }
  }
}
