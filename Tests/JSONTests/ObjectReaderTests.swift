import JSON
import Testing

@Suite("Reading a request object")
struct ObjectReaderTests {
  @Test("members are read by name and type")
  func reading() throws {
    var reader = try reader(#"{"s":"x","i":5,"b":true,"a":[1],"o":{"k":1},"v":1.5}"#)
    #expect(try reader.string("s") == "x")
    #expect(try reader.integer("i", in: 1...5) == 5)
    #expect(try reader.boolean("b"))
    #expect(try reader.array("a") == [.integer(1)])
    #expect(try reader.object("o")["k"] == .integer(1))
    #expect(reader.optionalValue("v") == .real(1.5))
    try reader.finish()
  }

  @Test("an absent member and null are the same, and both fail where a member must be there")
  func absence() throws {
    var reader = try reader(#"{"n":null}"#)
    for name in ["n", "absent"] {
      #expect(try reader.optionalString(name) == nil)
      #expect(try reader.optionalInteger(name) == nil)
      #expect(try reader.optionalBoolean(name) == nil)
      #expect(try reader.optionalArray(name) == nil)
      #expect(try reader.optionalObject(name) == nil)
      #expect(reader.optionalValue(name) == nil)
      let error = #expect(throws: ReadingError.self) { try reader.string(name) }
      #expect(error?.problem == .missing)
      #expect(error?.description == "The member \"\(name)\" is missing.")
    }
    try reader.finish()
  }

  @Test(
    "numbers with fraction or exponent, and other types, are no integers",
    arguments: ["1.0", "1e2", "\"1\"", "true", "[1]"])
  func wrongType(text: String) throws {
    var reader = try reader("{\"units\":\(text)}")
    let error = #expect(throws: ReadingError.self) { try reader.optionalInteger("units", in: 1...9) }
    #expect(error?.problem == .wrongType(.integer))
    #expect(error?.description == "The member \"units\" must be an integer, without fraction and exponent.")
  }

  @Test("every reader refuses another type")
  func wrongTypes() throws {
    var reader = try reader(#"{"i":1,"s":"x"}"#)
    #expect(throws: ReadingError(member: "i", problem: .wrongType(.string))) { try reader.optionalString("i") }
    #expect(throws: ReadingError(member: "s", problem: .wrongType(.boolean))) { try reader.optionalBoolean("s") }
    #expect(throws: ReadingError(member: "s", problem: .wrongType(.array))) { try reader.optionalArray("s") }
    #expect(throws: ReadingError(member: "s", problem: .wrongType(.object))) { try reader.optionalObject("s") }
  }

  @Test("what is out of range is refused with the bounds")
  func outOfRange() throws {
    var reader = try reader(#"{"low":0,"high":10,"text":"éé"}"#)
    for name in ["low", "high"] {
      let error = #expect(throws: ReadingError.self) { try reader.optionalInteger(name, in: 1...9) }
      #expect(error?.problem == .outOfRange)
      #expect(error?.description == "The member \"\(name)\" must be from 1 to 9.")
    }
    #expect(try reader.string("text", maximumBytes: 4) == "éé")
    let error = #expect(throws: ReadingError.self) { try reader.string("text", maximumBytes: 3) }
    #expect(error?.problem == .outOfRange)
  }

  @Test("a member that nobody read is refused, unless unknown members are let through")
  func unknownMembers() throws {
    var reader = try reader(#"{"known":1,"unknown":2}"#)
    #expect(try reader.optionalInteger("known") == 1)
    #expect(throws: ReadingError(member: "unknown", problem: .unknownMember)) { try reader.finish() }
    try reader.finish(allowingUnknownMembers: true)
  }

  @Test("of an object of many members every one has to be read", arguments: [0, 1, 62, 63, 64, 65, 99])
  func manyMembers(unread: Int) throws {
    let text = "{\((0..<100).map { "\"m\($0)\":\($0)" }.joined(separator: ","))}"
    var reader = try reader(text)
    for number in 0..<100 where number != unread {
      #expect(try reader.integer("m\(number)") == Int64(number))
    }
    #expect(throws: ReadingError(member: "m\(unread)", problem: .unknownMember)) { try reader.finish() }
    #expect(try reader.integer("m\(unread)") == Int64(unread))
    try reader.finish()
  }

  @Test("names are shown cut short, and only when they are printable")
  func shownNames() throws {
    let long = String(repeating: "x", count: 100)
    let cut = #expect(throws: ReadingError.self) { try reader("{\"\(long)\":1}").finish() }
    #expect(cut?.member == String(repeating: "x", count: 64))
    for name in ["\\n", "\\u001b[31m", "é", "\\u202e"] {
      let error = #expect(throws: ReadingError.self) { try reader("{\"\(name)\":1}").finish() }
      #expect(error?.member == nil)
      #expect(error?.description == "A member is not known here.")
    }
  }

  @Test("anything but an object is refused", arguments: ["[]", "1", "null", "\"x\"", "true"])
  func notAnObject(text: String) {
    let error = #expect(throws: ReadingError.self) { try reader(text) }
    #expect(error?.problem == .notAnObject)
  }

  private func reader(_ text: String) throws -> ObjectReader {
    try ObjectReader(parseJSON(Array(text.utf8)))
  }
}
