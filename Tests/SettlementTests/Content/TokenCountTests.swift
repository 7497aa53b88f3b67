import Foundation
import Postgres
import Testbed
import Testing

@Suite("Tokens of a text")
struct TokenCountTests {
  private static let count = Statement.named("SELECT tollgate.count_tokens($1, $2)")

  private static let texts = [
    "", "a", "abcd", "abcde", "Ünïcödé", "日本語のテキスト", "e\u{301}e\u{301}e\u{301}", "😀", "😀😀😀", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷",
    "a\u{FFFF}b", "a\u{10000}b", "\u{10FFFF}", "\u{FEFF}", "\u{D7FF}\u{E000}", "line\nline\r\n\tline",
    "'; --\\U00010000",
    String(repeating: "a", count: 65_536), String(repeating: "😀", count: 16_384), String(repeating: "ä", count: 32_768),
  ]

  @Test("are its UTF-16 code units over 4, rounded up, as a browser counts them")
  func quarters() async throws {
    try await Workplace.with { workplace in
      for text in Self.texts {
        let expected = Int64((text.utf16.count + 3) / 4)
        let counted = try workplace.administrator.integer(Self.count, ["utf16_quarter", .text(text)])
        #expect(counted == expected, "\(text.prefix(40))")
      }
    }
  }

  @Test("are the same for PostgreSQL and for Swift, whatever characters there are")
  func random() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("Counting random texts, seed \(seed)")
    try await Workplace.with { workplace in
      var generator = SeededGenerator(seed: seed)
      for _ in 0..<300 {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...60, using: &generator) {
          let range: ClosedRange<UInt32> = Bool.random(using: &generator) ? 1...0xFFFF : 0x10000...0x10FFFF
          if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.append(scalar) }
        }
        let string = String(text)
        let counted = try workplace.administrator.integer(Self.count, ["utf16_quarter", .text(string)])
        #expect(counted == Int64((string.utf16.count + 3) / 4), "seed \(seed)")
      }
    }
  }

  @Test("of an attribute are those of its instructions and of each example and signal by itself")
  func attributes() async throws {
    try await Workplace.with { workplace in
      let count = Statement(
        "SELECT coalesce(tollgate.count_content('utf16_quarter', $1, $2::jsonb, $3::jsonb)::text, 'none')")
      for (instructions, examples, signals, tokens) in [
        ("", "[]", "[]", "0"), ("abcd", "[]", "[]", "1"), ("abcd", #""abcde""#, "[]", "3"),
        ("a", #"["a", "a"]"#, #"["a"]"#, "4"), ("", #"["", ""]"#, #""""#, "0"), ("", #"["😀😀😀"]"#, #""ab""#, "3"),
      ] {
        let counted = try workplace.administrator.text(count, [.text(instructions), .text(examples), .text(signals)])
        #expect(counted == tokens)
      }
    }
  }

  @Test(
    "of examples and signals that are neither a text nor a list of texts there are none: such an attribute is refused")
  func otherContent() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for member in ["examples", "signals"] {
        for content in ["null", "1", "true", "{}", "[1]", "[null]", #"["a", ["b"]]"#, #"[{"a": "b"}]"#] {
          #expect(
            try workplace.server.refusal(
              Statement("SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), '', \(member) => $2::jsonb)"),
              [tenant.parameter, .text(content)]) == "TG400", "\(member): \(content)")
        }
      }
    }
  }

  @Test("bound an attribute to 65536 bytes, 1000 examples and 1000 signals")
  func bounds() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let save = Statement(
        """
        SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), repeat('a', $2::integer),
          to_jsonb(array_fill('b'::text, ARRAY[$3::integer])), active => false)
        """)
      #expect(try workplace.server.refusal(save, [tenant.parameter, 64_536, 1000]) == nil)
      #expect(try workplace.server.refusal(save, [tenant.parameter, 64_537, 1000]) == "TG400")
      #expect(try workplace.server.refusal(save, [tenant.parameter, 0, 1001]) == "TG400")
    }
  }
}
