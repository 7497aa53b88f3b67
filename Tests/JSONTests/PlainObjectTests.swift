import JSON
import Testing

/// Plain objects are read without jansson, and jansson reads everything inside of an array: so the two can be compared.
@Suite("Plain objects")
struct PlainObjectTests {
  @Test("what is read without jansson is what jansson reads, and nothing else is")
  func sameAsJansson() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(state: seed)
    for _ in 0..<20_000 {
      let text = Array(Self.anyObject(&random).utf8)
      let alone = try? parseJSON(text)
      let comment: Comment = "seed \(seed): \(String(decoding: text, as: UTF8.self))"
      switch try? parseJSON([UInt8(ascii: "[")] + text + [UInt8(ascii: "]")]) {
      case .array(let values)? where values.count == 1: #expect(alone == values.first, comment)
      default: #expect(alone == nil, comment)
      }
    }
  }

  @Test(
    "the edges of what is plain read like the rest",
    arguments: [
      ("{}", []), (" {\t} \n", []), (#"{"":""}"#, [("", .string(""))]), (#"{"a":-0}"#, [("a", .integer(0))]),
      (#"{"a":999999999999999999}"#, [("a", .integer(999_999_999_999_999_999))]),
      (#"{"a":1000000000000000000}"#, [("a", .integer(1_000_000_000_000_000_000))]),
      (#"{"a":-9223372036854775808}"#, [("a", .integer(.min))]), (#"{"a":1e2}"#, [("a", .real(100))]),
      (#"{"a":1.0,"b":true}"#, [("a", .real(1)), ("b", .boolean(true))]),
      (#"{"a":"\u007f","b":null}"#, [("a", .string("\u{7F}")), ("b", .null)]),
      (#"{"é":"😀","e\u0301":false}"#, [("é", .string("😀")), ("e\u{301}", .boolean(false))]),
      ("{\"a\":\"\u{7F}\"}", [("a", .string("\u{7F}"))]),
    ] as [(String, [(String, JSONValue)])])
  func edges(text: String, members: [(String, JSONValue)]) throws {
    guard case .object(let object) = try parseJSON(Array(text.utf8)) else {
      Issue.record("no object")
      return
    }
    #expect(object.names.elementsEqual(members.map(\.0)) { $0.utf8.elementsEqual($1.utf8) })
    #expect(object.members.map(\.value) == members.map(\.1))
  }

  @Test(
    "what is nearly plain is refused",
    arguments: [
      "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\"", "{\"a", "{", "{\"a\":}", "{\"a\":-}", "{\"a\":01}",
      "{\"a\":tru}", "{\"a\":truex}", "{\"a\":nul",
      "{\"a\":\"", "{\"a\":\"b\nc\"}", "{\"a\":1}}", "{\"a\":1} x", "{\"a\":1}\0",
      "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"a\":9223372036854775808}", "{\"a\":1 2}", "{a:1}",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8)) }
  }

  @Test("a depth of none allows no object, plain or not")
  func depth() throws {
    #expect(throws: JSONError.self) { try parseJSON(Array("{}".utf8), maximumDepth: 0) }
    #expect(try parseJSON(Array("{}".utf8), maximumDepth: 1) == .object(JSONObject()))
  }

  @Test("objects of more members than are plain are read whole, and a duplicate in them is found")
  func manyMembers() throws {
    let members = (0..<40).map { "\"m\($0)\":\($0)" }
    guard case .object(let object) = try parseJSON(Array("{\(members.joined(separator: ","))}".utf8)) else {
      Issue.record("no object")
      return
    }
    #expect(object.names == (0..<40).map { "m\($0)" })
    let twice = members + ["\"m39\":0"]
    #expect(throws: JSONError.self) { try parseJSON(Array("{\(twice.joined(separator: ","))}".utf8)) }
  }

  /// An object of pieces that are right for the most part.
  private static func anyObject(_ random: inout Random) -> String {
    let names = ["\"a\"", "\"b\"", "\"featureUsed\"", "\"\"", "\"é\"", "\"\\u0061\"", "a", "\"x", "\"\u{1}\""]
    let values = [
      "1", "-1", "0", "-0", "01", "1.5", "1e3", "-", "12345678901234567", "123456789012345678", "9223372036854775807",
      "9223372036854775808", "\"\"", "\"text\"", "\"a\\nb\"", "\"é\"", "\"\t\"", "true", "false", "null", "nul", "True",
      "[]", "{}", "{\"c\":1}", "[1,", "",
    ]
    let separators = [":", ":", ":", ":", ":", ":", " : ", "", "::", ";"]
    let commas = [",", ",", ",", ",", ",", ",", " , ", "", ",,", ";"]
    var text = random.below(50) == 0 ? "" : "{"
    for number in 0..<random.below(5) {
      if number > 0 { text += commas[random.below(commas.count)] }
      text += names[random.below(random.below(3) == 0 ? names.count : 4)]
      text += separators[random.below(separators.count)]
      text += values[random.below(values.count)]
    }
    return text + (random.below(50) == 0 ? "" : "}") + (random.below(50) == 0 ? "}" : "")
  }
}

/// Repeatable randomness: splitmix64.
private struct Random {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)) % UInt64(max(bound, 1)))
  }
}
