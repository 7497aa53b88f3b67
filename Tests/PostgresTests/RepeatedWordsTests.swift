import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Columns that repeat few words")
  struct RepeatedWordsTests {
    @Test("a word is found by its bytes and nothing else", arguments: [Statement.ResultForm.text, .binary])
    func vocabulary(form: Statement.ResultForm) async throws {
      let (places, error) = try await withConnection { connection in
        let words = Vocabulary(["success", "safe", "", "é"])
        let rows = try connection.query(
          .named(
            "SELECT unnest(ARRAY['safe', 'success', 'Safe', 'saf', 'safer', '', 'é', 'e\u{301}', NULL])", results: form)
        )
        let places = try (0..<8).map { try rows.place($0, 0, in: words) }
        return (places, failure { _ = try rows.place(8, 0, in: words) })
      }
      #expect(places == [1, 0, nil, nil, nil, 2, 3, nil])
      #expect(error?.kind == .decoding)
    }

    @Test("texts are what they would be without remembering, beyond the limit too")
    func repeated() async throws {
      let count = Int64(RepeatedTexts.limit * 3)
      let (found, plain) = try await withConnection { connection in
        let rows = try connection.query(
          .named(
            "SELECT nullif('text ' || n % $1::bigint, 'text 0') FROM generate_series(1, 1000) AS n", results: .binary),
          [.integer(count)])
        var texts = RepeatedTexts()
        let found = try (0..<rows.count).map { try rows.optionalString($0, 0, among: &texts) }
        return (found, try (0..<rows.count).map { try rows.optionalString($0, 0) })
      }
      #expect(found == plain)
      #expect(Set(found).count == Int(count))
    }

    @Test("NULL, other types and what is no UTF-8 are refused as without remembering")
    func refused() async throws {
      let kinds = try await withConnection { connection in
        try connection.script("SET client_encoding = 'LATIN1'")
        let rows = try connection.query(.named("SELECT NULL::text, 7::bigint, chr(233)", results: .binary))
        return (0..<4).map { column in
          failure {
            var texts = RepeatedTexts()
            _ = try rows.string(0, column, among: &texts)
          }?.kind
        }
      }
      #expect(kinds == [.decoding, .decoding, .decoding, .decoding])
    }
  }
}
