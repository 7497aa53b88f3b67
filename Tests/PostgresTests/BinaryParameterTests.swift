import Testing

@testable import Postgres

extension PostgresTests {
  /// With names as on a direct connection, and without them as behind PgBouncer.
  @Suite("Parameters in binary form")
  struct BinaryParameterTests {
    private static func settings(named: Bool) throws -> ConnectionSettings {
      var settings = try PostgresTests.settings()
      settings.usesNamedStatements = named
      return settings
    }

    /// Sends an array and has its elements sent back in text form, which is what PostgreSQL understood.
    private static func understood(_ array: Parameter, as type: String, named: Bool) async throws -> [String?] {
      try await withConnection(settings(named: named)) { connection in
        let rows = try connection.query(
          .named("SELECT value::text FROM unnest($1::\(type)[]) WITH ORDINALITY AS u (value, place) ORDER BY place"),
          [array])
        return try (0..<rows.count).map { try rows.optionalString($0, 0) }
      }
    }

    @Test("text arrives byte for byte, whatever it looks like", arguments: [true, false])
    func texts(named: Bool) async throws {
      let values: [String?] = [
        "", "NULL", nil, "null", "a,b", "{}", "{NULL}", "\"", "\\", "\\\"", "'", " padded ", "é", "e\u{301}", "🧾",
        "new\nline", "\u{1}", String(repeating: "long ü ", count: 10_000),
      ]
      let back = try await Self.understood(.texts(values), as: "text", named: named)
      #expect(back.map { $0.map { Array($0.utf8) } } == values.map { $0.map { Array($0.utf8) } })
    }

    @Test("integers reach both ends of their range", arguments: [true, false])
    func integers(named: Bool) async throws {
      let values: [Int64?] = [.min, .min + 1, -1, 0, nil, 1, 255, 256, .max]
      let back = try await Self.understood(.integers(values), as: "bigint", named: named)
      #expect(back == values.map { $0?.description })
    }

    @Test("booleans keep their gaps", arguments: [true, false])
    func booleans(named: Bool) async throws {
      let back = try await Self.understood(.booleans([true, nil, false]), as: "boolean", named: named)
      #expect(back == ["true", nil, "false"])
    }

    @Test("UUIDs arrive with their bytes in order", arguments: [true, false])
    func uuids(named: Bool) async throws {
      let values: [UInt128?] = [0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF, nil, 0, .max]
      let back = try await Self.understood(.uuids(values), as: "uuid", named: named)
      #expect(
        back == [
          "00112233-4455-6677-8899-aabbccddeeff", nil, "00000000-0000-0000-0000-000000000000",
          "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ])
    }

    @Test("documents arrive as JSON, and NULL is not null", arguments: [true, false])
    func documents(named: Bool) async throws {
      let values: [String?] = [#"{"a": [1, "é🧾", "\"{NULL}\\"]}"#, nil, "null", "{}", #""NULL""#, "-1"]
      let back = try await Self.understood(.documents(values), as: "jsonb", named: named)
      #expect(back == values)
    }

    @Test("what is no JSON is refused by the server, and the connection goes on", arguments: ["", "{", "{}x", "'"])
    func noDocument(text: String) async throws {
      let (error, sum) = try await withConnection { connection in
        (
          failure { try connection.run("SELECT $1::jsonb[]", [.documents(["{}", text])]) },
          try connection.integer("SELECT 2")
        )
      }
      #expect(error?.sqlState == .invalidTextRepresentation)
      #expect(sum == 2)
    }

    @Test("empty arrays are arrays of their type and not NULL", arguments: [true, false])
    func empty(named: Bool) async throws {
      let found = try await withConnection(Self.settings(named: named)) { connection in
        try connection.text(
          .named(
            """
            SELECT concat_ws(' ', $1 = '{}', $2 = '{}', $3 = '{}', $4 = '{}', $5 = '{}', pg_typeof($1), pg_typeof($2),
              pg_typeof($3), pg_typeof($4), pg_typeof($5))
            """), [.uuids([]), .integers([]), .booleans([]), .texts([]), .documents([])])
      }
      #expect(found == "t t t t t uuid[] bigint[] boolean[] text[] jsonb[]")
    }

    @Test("an array has one dimension that begins at 1, and knows whether it has gaps")
    func shape() async throws {
      let found = try await withConnection { connection in
        try connection.text(
          "SELECT concat_ws(' ', array_dims($1), array_dims($2), array_position($2, NULL), $1 = ARRAY[7, 8, 9]::bigint[])",
          [.integers([7, 8, 9]), .texts(["a", nil])])
      }
      #expect(found == "[1:3] [1:2] 2 t")
    }

    @Test("large batches arrive whole")
    func large() async throws {
      let count = 100_000
      let found = try await withConnection { connection in
        try connection.text(
          """
          SELECT concat_ws(' ', cardinality(n), (SELECT sum(v) FROM unnest(n) AS v), n[100000], cardinality(t),
            (SELECT count(DISTINCT v) FROM unnest(t) AS v), t[100000])
          FROM (SELECT $1 AS n, $2 AS t) AS given
          """, [.integers(count) { Int64($0) }, .texts(count) { "text \($0)" }])
      }
      #expect(found == "100000 4999950000 99999 100000 100000 text 99999")
    }

    @Test("a single UUID, and none")
    func uuid() async throws {
      let found = try await withConnection { connection in
        try connection.text("SELECT concat_ws(' ', $1, $2::uuid IS NULL)", [.uuid(1 << 127 | 5), .uuid(nil)])
      }
      #expect(found == "80000000-0000-0000-0000-000000000005 t")
    }

    @Test(
      "a NUL byte is refused before anything is sent",
      arguments: [Parameter.texts(["a", "b\0"]), .texts(["\0"]), .documents(["{}", "\"\0\""])])
    func nulByte(parameter: Parameter) async throws {
      let (error, sum) = try await withConnection { connection in
        (failure { try connection.run("SELECT $1", [parameter]) }, try connection.integer("SELECT 2"))
      }
      #expect(error?.kind == .decoding)
      #expect(sum == 2)
    }

    @Test("text and binary parameters go together in any order")
    func mixed() async throws {
      let found = try await withConnection { connection in
        try connection.text(
          "SELECT concat_ws('|', $1::bigint, $2, $3::text, $4, $5::text IS NULL, $6::bytea, $7)",
          [.integer(-5), .integers([1, nil]), .text("é"), .uuid(7), .null, .bytes([0, 255]), .booleans([true])])
      }
      #expect(found == "-5|{1,NULL}|é|00000000-0000-0000-0000-000000000007|t|\\x00ff|{t}")
    }

    @Test("a named statement is prepared once for each choice of types")
    func preparedByTypes() async throws {
      let (sizes, plans) = try await withConnection { connection in
        let size = Statement.named("SELECT cardinality($1::text[])")
        let parameters: [Parameter] = [.texts(["a"]), .array(["a", "b"]), .null, .texts([]), .array([])]
        let sizes = try parameters.map { try connection.query(size, [$0]).optionalInteger(0, 0) }
        return (sizes, try connection.integer("SELECT count(*) FROM pg_prepared_statements"))
      }
      #expect(sizes == [1, 2, nil, 0, 0])
      #expect(plans == 2)
    }

    @Test("a parameter does not show its value")
    func description() {
      let parameter = Parameter.texts(["hunter2"])
      var dumped = "\(parameter) \(String(reflecting: parameter))"
      dump(parameter, to: &dumped)
      #expect(dumped.hasPrefix("binary binary"))
      #expect(!dumped.contains("hunter2"))
    }
  }
}
