import JSON
import Testing

@Suite("Parsing JSON")
struct ParseJSONTests {
  @Test("broken structure is refused", arguments: RefusedTexts.structure)
  func structure(text: String) {
    expectRefusal(Array(text.utf8))
  }

  @Test("text after the value is refused", arguments: RefusedTexts.afterTheValue)
  func afterTheValue(text: String) {
    expectRefusal(Array(text.utf8))
  }

  @Test("what is no literal of JSON is refused", arguments: RefusedTexts.literals)
  func literals(text: String) {
    expectRefusal(Array(text.utf8))
  }

  @Test("what is no number of JSON, or too large a one, is refused", arguments: RefusedTexts.numbers)
  func numbers(text: String) {
    expectRefusal(Array(text.utf8))
    expectRefusal(Array("[\(text)]".utf8))
  }

  @Test("the character NUL is taken where the caller allows it, in strings and nowhere else")
  func allowedNUL() throws {
    #expect(try parseJSON(Array(#"["a\u0000b"]"#.utf8), allowingNUL: true) == .array([.string("a\u{0}b")]))
    for text in [#"{"a\u0000":1}"#, "[\"\u{0}\"]", #"["\uD800\u0000"]"#, #"["\u0000",1e999]"#] {
      #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8), allowingNUL: true) }
    }
  }

  @Test("broken strings and the character NUL are refused", arguments: RefusedTexts.strings)
  func strings(text: String) {
    expectRefusal(Array(text.utf8))
  }

  @Test("a second member of the same name is refused", arguments: RefusedTexts.duplicates)
  func duplicates(text: String) {
    let error = #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8)) }
    #expect(error?.reason == "An object has two members of the same name.")
  }

  @Test("byte order marks, UTF-16 and invalid UTF-8 are refused", arguments: RefusedTexts.encodings)
  func encodings(bytes: [UInt8]) {
    expectRefusal(bytes)
  }

  @Test("scalars, empty containers and white space around them are read")
  func values() throws {
    let cases: [(String, JSONValue)] = [
      ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), (" \t\r\n1 \n", .integer(1)),
      ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("[]", .array([])), ("{}", .object(JSONObject())),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("\"\"", .string("")),
      ("[[],[[]]]", .array([.array([]), .array([.array([])])])), ("[ 1 , null ]", .array([.integer(1), .null])),
    ]
    for (text, value) in cases { #expect(try parse(text) == value, "\(text)") }
  }

  @Test("a number with a fraction or an exponent is a real, never an integer")
  func reals() throws {
    let cases: [(String, Double)] = [
      ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("-0.0", 0), ("0e0", 0), ("0.1", 0.1), ("100e-2", 1),
      ("1.7976931348623157e308", .greatestFiniteMagnitude), ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0),
    ]
    for (text, value) in cases { #expect(try parse(text) == .real(value), "\(text)") }
  }

  @Test("escapes and every length of UTF-8 are read")
  func strings() throws {
    let cases: [(String, String)] = [
      ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"),
      ("\"\\uD83D\\uDE00\"", "😀"), ("\"é€😀\"", "é€😀"),
      ("\"\u{7F}\u{2028}\u{FFFE}\u{10FFFF}\"", "\u{7F}\u{2028}\u{FFFE}\u{10FFFF}"),
      ("\"a/b\"", "a/b"), ("\"[{,:]}\\\"[\"", "[{,:]}\"["),
    ]
    for (text, value) in cases { #expect(try parse(text) == .string(value), "\(text)") }
  }

  @Test("members keep their order, and names are compared as bytes")
  func objects() throws {
    guard case .object(let object) = try parse("{\"z\":1,\"a\":2,\"e\u{301}\":3,\"\u{E9}\":4,\"\":5}") else {
      Issue.record("not an object")
      return
    }
    #expect(object.names.map { Array($0.utf8) } == ["z", "a", "e\u{301}", "\u{E9}", ""].map { Array($0.utf8) })
    #expect(object["e\u{301}"] == .integer(3))
    #expect(object["\u{E9}"] == .integer(4))
    #expect(object[""] == .integer(5))
    #expect(object["A"] == nil)
  }

  @Test("an object of thousands of members keeps their order")
  func manyMembers() throws {
    let names = (0..<5_000).map { "member\($0 &* 7_919 % 5_000)-\($0)" }
    let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    guard case .object(let object) = try parse(text) else {
      Issue.record("not an object")
      return
    }
    #expect(object.names == names)
  }

  @Test("nesting up to the limit is read, one level more is refused")
  func depth() throws {
    let nest = { (levels: Int) in
      [UInt8](repeating: UInt8(ascii: "["), count: levels) + [UInt8](repeating: UInt8(ascii: "]"), count: levels)
    }
    #expect(throws: Never.self) { try parseJSON(nest(64)) }
    #expect(throws: JSONError.self) { try parseJSON(nest(65)) }
    #expect(throws: Never.self) { try parseJSON(nest(3), maximumDepth: 3) }
    #expect(throws: JSONError.self) { try parseJSON(nest(4), maximumDepth: 3) }
    #expect(try parseJSON(Array("1".utf8), maximumDepth: 0) == .integer(1))
    #expect(throws: JSONError.self) { try parseJSON(nest(1), maximumDepth: 0) }
    #expect(throws: Never.self) { try parseJSON(nest(512), maximumDepth: .max) }
    #expect(throws: JSONError.self) { try parseJSON(nest(513), maximumDepth: .max) }
  }

  @Test("a megabyte of brackets is refused at its 65th byte")
  func hostileDepth() {
    for opener in ["[", "{\"a\":"] {
      let text = Array(String(repeating: opener, count: 1_048_576 / opener.utf8.count).utf8)
      let error = #expect(throws: JSONError.self) { try parseJSON(text) }
      #expect(error?.byteOffset == 64 * opener.utf8.count)
    }
  }

  @Test("closing brackets before opening ones do not buy more depth")
  func negativeDepth() {
    let closers = String(repeating: "]", count: 10_000)
    let openers = String(repeating: "[", count: 10_000)
    expectRefusal(Array((closers + openers).utf8))
    expectRefusal(Array(("\"" + closers + "\"" + openers).utf8))
  }

  @Test("an error says where, and nothing of the text")
  func errors() {
    let error = #expect(throws: JSONError.self) { try parse("{\"password\": hunter2}") }
    #expect(error?.reason == "The text is not valid JSON.")
    #expect((12...20).contains(error?.byteOffset ?? -1))
    #expect(error?.description.contains("hunter2") == false)
  }

  private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try parseJSON(Array(text.utf8))
  }

  private func expectRefusal(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: JSONError.self, sourceLocation: sourceLocation) { try parseJSON(bytes) }
    #expect((0...bytes.count).contains(error?.byteOffset ?? -1), sourceLocation: sourceLocation)
  }
}
