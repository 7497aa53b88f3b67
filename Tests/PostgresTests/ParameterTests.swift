import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Parameters")
  struct ParameterTests {
    @Test("text arrives byte for byte")
    func text() async throws {
      let nasty = "it's \"quoted\" \\ {a,b} NULL $1 ; -- é e\u{301} 🧾 \t\n"
      let back = try await withConnection { try $0.text("SELECT $1::text", [.text(nasty)]) }
      #expect(back.map { Array($0.utf8) } == Array(nasty.utf8))
    }

    @Test("an array keeps what looks like its own syntax apart from values")
    func array() async throws {
      let values: [String?] = ["", "NULL", nil, "null", "a,b", "{}", "\"", "\\", "\\\"", " padded ", "é", "new\nline"]
      let back = try await withConnection { connection in
        let rows = try connection.query(
          "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS u (value, place) ORDER BY place", [.array(values)])
        return try (0..<rows.count).map { try rows.optionalString($0, 0) }
      }
      #expect(back == values)
    }

    @Test("empty arrays are arrays and not NULL")
    func emptyArrays() async throws {
      let sizes = try await withConnection { connection in
        try connection.text(
          "SELECT concat_ws(',', cardinality($1::text[]), cardinality($2::bigint[]), cardinality($3::boolean[]))",
          [.array([]), .integers([]), .booleans([])])
      }
      #expect(sizes == "0,0,0")
    }

    @Test("integers reach both ends of their range")
    func integers() async throws {
      let back = try await withConnection { connection in
        let rows = try connection.query(
          "SELECT $1::bigint, ($2::bigint[])[1], ($2::bigint[])[2], ($3::bigint[])[1]",
          [.integer(.min), .integers([.max, -1]), .integers([nil, 7])])
        return [try rows.integer(0, 0), try rows.integer(0, 1), try rows.integer(0, 2), try rows.optionalInteger(0, 3)]
      }
      #expect(back == [.min, .max, -1, nil])
    }

    @Test("bytes, booleans and reals come back as they went")
    func otherKinds() async throws {
      let bytes = [UInt8](0...255)
      let (backBytes, backReal, backBooleans) = try await withConnection { connection in
        let rows = try connection.query(
          "SELECT $1::bytea, $2::double precision, $3::boolean, ($4::boolean[])[2]",
          [.bytes(bytes), .real(0.1), true, .booleans([true, false])])
        return (try rows.bytes(0, 0), try rows.real(0, 1), [try rows.boolean(0, 2), try rows.boolean(0, 3)])
      }
      #expect(backBytes == bytes)
      #expect(backReal == 0.1)
      #expect(backBooleans == [true, false])
    }

    @Test("nil literals and absent options are NULL")
    func nulls() async throws {
      let nulls = try await withConnection { connection in
        try connection.integer(
          "SELECT num_nulls($1::text, $2::text, $3::bigint, $4::text)",
          [nil, .optional(nil as String?), .optional(nil as Int64?), "present"])
      }
      #expect(nulls == 3)
    }

    @Test("a NUL byte is refused and not truncated at", arguments: [Parameter.text("a\0b"), .array(["a", "b\0"])])
    func nulByte(parameter: Parameter) async throws {
      let error = try await withConnection { connection in
        failure { try connection.run("SELECT $1::text", [parameter]) }
      }
      #expect(error?.kind == .decoding)
    }

    @Test("a NUL byte in a statement is refused")
    func nulByteInStatement() async throws {
      let errors = try await withConnection { connection in
        [
          failure { try connection.run("SELECT 1\0") }, failure { try connection.run(.named("SELECT 1\0")) },
          failure { try connection.script("SELECT 1\0") },
        ]
      }
      #expect(errors.map { $0?.kind } == [.decoding, .decoding, .decoding])
    }

    @Test("more parameters than the protocol can count are refused")
    func tooMany() {
      let parameters = [Parameter](repeating: .null, count: 65_536)
      let error = failure { _ = try ParameterBlock(parameters) }
      #expect(error?.kind == .decoding)
    }

    @Test("a parameter does not show its value")
    func description() {
      let shown = [Parameter.text("hunter2"), .array(["hunter2"])].map { "\($0) \(String(reflecting: $0))" }
      #expect(shown == ["text text", "array array"])
      var dumped = ""
      dump([Parameter.text("hunter2")], to: &dumped)
      #expect(!dumped.contains("hunter2"))
    }
  }
}
