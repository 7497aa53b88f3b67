import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Results in binary form")
  struct BinaryResultTests {
    /// Runs a query with its results in binary form, with a name and without one, and reads both the same way.
    private static func read<Value: Sendable & Equatable>(
      _ sql: String, _ body: @escaping @Sendable (borrowing Rows) throws -> Value
    ) async throws -> Value {
      let statement = Statement.named(sql, results: .binary)
      let named = try await withConnection { try body($0.query(statement)) }
      var settings = try PostgresTests.settings()
      settings.usesNamedStatements = false
      let unnamed = try await withConnection(settings) { try body($0.query(statement)) }
      #expect(named == unnamed)
      return named
    }

    @Test("integers of every size come with their sign")
    func integers() async throws {
      let values = try await Self.read(
        """
        SELECT (-9223372036854775808)::bigint, 9223372036854775807, -1::bigint, (-2147483648)::integer, 2147483647,
          (-32768)::smallint, 32767::smallint, 0::bigint
        """
      ) { rows in try (0..<8).map { try rows.integer(0, $0) } }
      #expect(values == [.min, .max, -1, -2_147_483_648, 2_147_483_647, -32_768, 32_767, 0])
    }

    @Test("text keeps its bytes, whatever its type is called")
    func texts() async throws {
      let nasty = "it's \"quoted\" \\ {a,b} NULL é e\u{301} 🧾 \t\n"
      let values = try await withConnection { connection in
        let rows = try connection.query(
          .named(
            "SELECT $1::text, $1::varchar(100), ''::text, 'a'::name, 'ab'::char(3), '{\"a\": 1}'::json",
            results: .binary),
          [.text(nasty)])
        return try (0..<6).map { try rows.string(0, $0) }
      }
      #expect(values.map { Array($0.utf8) } == [nasty, nasty, "", "a", "ab ", "{\"a\": 1}"].map { Array($0.utf8) })
    }

    @Test("booleans, UUIDs, reals and bytes")
    func others() async throws {
      let booleans = try await Self.read("SELECT true, false") { [try $0.boolean(0, 0), try $0.boolean(0, 1)] }
      #expect(booleans == [true, false])
      let uuid = try await Self.read("SELECT '00112233-4455-6677-8899-aabbccddeeff'::uuid") { try $0.uuid(0, 0) }
      #expect(uuid == 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF)
      let reals = try await Self.read("SELECT 0.1::double precision, -0.5::real, 'Infinity'::double precision") {
        rows in
        try (0..<3).map { try rows.real(0, $0) }
      }
      #expect(reals == [0.1, -0.5, .infinity])
      let bytes = try await Self.read("SELECT '\\x00ff5c78'::bytea, ''::bytea") { rows in
        [try rows.bytes(0, 0), try rows.bytes(0, 1)]
      }
      #expect(bytes == [[0, 255, 0x5C, 0x78], []])
    }

    @Test("instants are microseconds since 1970, as extract says")
    func instants() async throws {
      let texts = [
        "1970-01-01 00:00:00Z", "1999-12-31 23:59:59.999999Z", "2000-01-01 00:00:00Z", "2026-11-21 05:43:25.032229+02",
        "0001-01-01 00:00:00Z", "4713-01-01 00:00:00Z BC", "9999-12-31 23:59:59.999999Z",
      ]
      for text in texts {
        let values = try await withConnection { connection in
          let rows = try connection.query(
            .named(
              "SELECT t, (extract(epoch FROM t) * 1000000)::bigint FROM (SELECT $1::timestamptz AS t) AS u",
              results: .binary),
            [.text(text)])
          return [try rows.instant(0, 0), try rows.integer(0, 1)]
        }
        #expect(values[0] == values[1], "\(text)")
      }
    }

    @Test("an instant that is not one, and one in text form, are refused", arguments: ["infinity", "-infinity"])
    func noInstant(text: String) async throws {
      let kinds = try await withConnection { connection in
        let binary = try connection.query(.named("SELECT $1::timestamptz", results: .binary), [.text(text)])
        let infinite = failure { _ = try binary.instant(0, 0) }
        let inText = try connection.query("SELECT now()")
        return [infinite?.kind, failure { _ = try inText.instant(0, 0) }?.kind]
      }
      #expect(kinds == [.decoding, .decoding])
    }

    @Test("a UUID in text form is the same UUID, and anything else is none")
    func uuidInText() async throws {
      let (value, kinds) = try await withConnection { connection in
        let rows = try connection.query(
          """
          SELECT '00112233-4455-6677-8899-AABBCCDDEEFF'::uuid, '', '00112233-4455-6677-8899-aabbccddeefg',
            '00112233x4455-6677-8899-aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff0'
          """)
        let kinds = (1..<5).map { column in failure { _ = try rows.uuid(0, column) }?.kind }
        return (try rows.uuid(0, 0), kinds)
      }
      #expect(value == 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF)
      #expect(kinds == [.decoding, .decoding, .decoding, .decoding])
    }

    @Test("NULL is nil where it may be and an error where it may not")
    func null() async throws {
      let found = try await Self.read(
        "SELECT NULL::text, NULL::bigint, NULL::double precision, NULL::boolean, NULL::bytea, NULL::uuid, NULL::timestamptz"
      ) { rows in
        let absent = [
          try rows.optionalString(0, 0) == nil, try rows.optionalInteger(0, 1) == nil,
          try rows.optionalReal(0, 2) == nil,
          try rows.optionalBoolean(0, 3) == nil, try rows.optionalBytes(0, 4) == nil,
          try rows.optionalUUID(0, 5) == nil,
          try rows.optionalInstant(0, 6) == nil,
        ]
        let errors = [
          failure { _ = try rows.string(0, 0) }, failure { _ = try rows.integer(0, 1) },
          failure { _ = try rows.real(0, 2) }, failure { _ = try rows.boolean(0, 3) },
          failure { _ = try rows.bytes(0, 4) }, failure { _ = try rows.uuid(0, 5) },
          failure { _ = try rows.instant(0, 6) },
        ]
        return absent + errors.map { $0?.kind == .decoding }
      }
      #expect(found == [Bool](repeating: true, count: 14))
    }

    @Test("a value of another type is refused and never read as if it were one")
    func otherTypes() async throws {
      let kinds = try await Self.read(
        "SELECT 1.5::double precision, now(), 7::numeric, 7::bigint, 'seven'::text, 7::\"char\", 7::oid, '{}'::jsonb"
      ) { rows in
        [
          failure { _ = try rows.integer(0, 0) }, failure { _ = try rows.integer(0, 1) },
          failure { _ = try rows.integer(0, 6) }, failure { _ = try rows.real(0, 2) },
          failure { _ = try rows.real(0, 3) },
          failure { _ = try rows.string(0, 3) }, failure { _ = try rows.string(0, 7) },
          failure { _ = try rows.boolean(0, 5) }, failure { _ = try rows.bytes(0, 4) },
          failure { _ = try rows.uuid(0, 4) },
          failure { _ = try rows.instant(0, 3) },
        ].map { $0?.kind == .decoding }
      }
      #expect(kinds == [Bool](repeating: true, count: 11))
    }

    @Test("a value of another length is none", arguments: 0...17)
    func lengths(length: Int) {
      let bytes = [UInt8](repeating: 1, count: length)
      let read: [Int: [Bool]] = bytes.withUnsafeBufferPointer { bytes in
        [
          8: [
            BinaryForm.integer(bytes, .bigint) != nil, BinaryForm.real(bytes, .doublePrecision) != nil,
            BinaryForm.instant(bytes, .timestampWithTimeZone) != nil,
          ],
          4: [BinaryForm.integer(bytes, .integer) != nil, BinaryForm.real(bytes, .real) != nil],
          2: [BinaryForm.integer(bytes, .smallint) != nil], 1: [BinaryForm.boolean(bytes, .boolean) != nil],
          16: [BinaryForm.uuid(bytes, .uuid) != nil],
        ]
      }
      for (right, found) in read { #expect(found.allSatisfy { $0 == (length == right) }, "\(right)") }
    }
  }
}
