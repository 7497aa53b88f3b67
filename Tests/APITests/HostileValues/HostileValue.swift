import JSON

/// A value that somebody might send where another one belongs.
struct HostileValue {
  /// Short enough to be shown.
  let name: String
  /// As it stands in JSON.
  let json: [UInt8]

  init(_ name: String, json: String) {
    self.name = name
    self.json = Array(json.utf8)
  }

  init(_ name: String, json: [UInt8]) {
    self.name = name
    self.json = json
  }

  /// Texts that mean something to whoever takes them for more than text.
  static let texts: [(name: String, text: String)] = [
    ("a quote, a statement and a comment", "'; DROP TABLE public.organizations; --"),
    ("a double quote and a condition", #"" OR ""=""#), ("a backslash before a quote", #"\'; SELECT 1; --"#),
    ("dollar quotes", "$$; SELECT 1; $$"), ("a named dollar quote", "$body$ || $body$"),
    ("the end of a comment", "*/ UNION SELECT NULL; /*"), ("an array's text", #"{NULL,"a\",b}"#),
    ("a row's text", #"(,"",)"#), ("parameters", "$1 ? :name @name"), ("a wildcard", "%_%"),
    ("formats", "%s%n%x%1$s%-99999999d"), ("a path", "../../../../etc/passwd"), ("an address", "http://127.0.0.1:1/"),
    ("a header field behind a line end", "a\r\nSet-Cookie: a=b\r\n\r\n<a>"), ("markup", "<img src=x onerror=alert(1)>"),
    ("a formula", "=1+1"), ("an override to the left", "a\u{202E}b\u{2066}c"),
    ("nothing that is seen", "\u{200B}\u{FEFF}"),
    ("four bytes", "😀𝒳"), ("the last code point", "\u{10FFFF}\u{FFFE}"), ("marks upon marks", "e\u{301}\u{301}\u{489}"),
    ("letters that grow", "ßŉİﬃ"), ("controls", "a\u{1}\u{7F}\u{85}b"), ("spaces", "   "), ("nothing", ""),
    ("another id", "00000000-0000-0000-0000-000000000000"), ("a word of JSON", "null"),
    ("a day without end", "infinity"),
  ]

  /// What only JSON can say.
  private static let unpairedAndZero = [
    HostileValue("half a surrogate pair", json: #""a\ud800b""#),
    HostileValue("a pair reversed", json: #""\udc00\ud800""#),
    HostileValue("an escaped NUL", json: #""a\u0000b""#),
    HostileValue("bytes that are no UTF-8", json: [0x22, 0xC0, 0xAF, 0xFF, 0x22]),
  ]

  static func json(of text: String) -> [UInt8] { JSONValue.string(text).encoded() }

  /// For a string, which may have so many characters.
  static func strings(_ limit: Int64?) -> [HostileValue] {
    let long = Int(limit ?? 20_000)
    return texts.map { HostileValue($0.name, json: json(of: $0.text)) } + unpairedAndZero + [
      HostileValue("a letter too many", json: json(of: String(repeating: "a", count: long + 1))),
      HostileValue("as many of four bytes", json: json(of: String(repeating: "😀", count: min(long, 5_000)))),
    ]
  }

  /// For a member's name.
  static let names =
    ["'; --", "\"", "$$", "a\r\nb", "../a", "\u{202E}", "😀", "__proto__", " ", ""].map {
      HostileValue("the name \($0.debugDescription)", json: json(of: $0))
    } + unpairedAndZero + [HostileValue("a long name", json: json(of: String(repeating: "a", count: 5_000)))]

  /// Numbers for an integer between these.
  static func integers(_ minimum: Int64?, _ maximum: Int64?) -> [HostileValue] {
    let beyond = [minimum?.subtractingReportingOverflow(1), maximum?.addingReportingOverflow(1)].compactMap {
      $0.flatMap { $0.overflow ? nil : "\($0.partialValue)" }
    }
    return
      (beyond + [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
        "18446744073709551617", "1e2", "1.0", "-0", "-0.0", "1e400", "1e-400", "0.1",
      ]).map { HostileValue($0, json: $0) }
  }

  /// One of each kind of value.
  static let kinds = ["null", "true", "1", #""1""#, #""""#, "[]", "{}", "[null]", #"{"a":1}"#].map {
    HostileValue($0, json: $0)
  }

  /// As part of a path or query: every byte that could mean something is encoded.
  static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }

  /// For a parameter in a query or path, as it is sent there.
  static func parameters(_ limit: Int64?) -> [(name: String, text: String)] {
    let long = String(repeating: "a", count: min(Int(limit ?? 4_000), 4_000) + 1)
    return texts.map { ($0.name, encoded($0.text)) } + [
      ("a letter too many", long), ("an encoded NUL", "a%00b"), ("bytes that are no UTF-8", "%C0%AF%FF"),
      ("an encoded half of a pair", "%ED%A0%80"), ("no encoding", "%zz%"), ("encoded twice", "%2527%2500"),
    ]
  }
}
