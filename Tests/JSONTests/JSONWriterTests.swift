import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
  @Test("members come out in the order written, with commas where they belong")
  func order() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("z", "text")
    writer.member("a", 1)
    writer.member("b", Int64.min)
    writer.member("c", true)
    writer.member("d", String?.none)
    writer.name("e")
    writer.beginArray()
    writer.integer(0)
    writer.beginObject()
    writer.endObject()
    writer.beginArray()
    writer.endArray()
    writer.string("[{:,")
    writer.null()
    writer.raw(Array("{\"raw\":1}".utf8))
    writer.boolean(false)
    writer.endArray()
    writer.member("f", raw: Array("[1]".utf8))
    writer.member("g", 0.5)
    writer.member("h", JSONValue.array([.null]))
    writer.endObject()
    #expect(
      String(decoding: writer.finish(), as: UTF8.self)
        == #"{"z":"text","a":1,"b":-9223372036854775808,"c":true,"d":null,"e":[0,{},[],"[{:,",null,"#
        + #"{"raw":1},false],"f":[1],"g":0.5,"h":[null]}"#)
  }

  @Test("a string put in place by the caller comes out as it is, commas and colons around it")
  func stringPutInPlace() {
    var writer = JSONWriter(reserving: 0)
    writer.beginArray()
    for _ in 0..<2 {
      writer.string(plainByteCount: 3) { buffer in
        for index in buffer.indices { buffer[index] = UInt8(ascii: "a") + UInt8(index) }
      }
    }
    writer.string(plainByteCount: 0) { _ in }
    writer.endArray()
    #expect(String(decoding: writer.finish(), as: UTF8.self) == #"["abc","abc",""]"#)
  }

  @Test("quotes, backslashes and control characters are escaped, all else is kept")
  func escapes() {
    #expect(
      text(.string("\"\\\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}/é😀")) == #""\"\\\b\t\n\f\r\u0000\u001f"#
        + "\u{7F}/é😀\"")
    #expect(text(.string("")) == "\"\"")
    var object = JSONObject()
    object["\""] = .null
    #expect(text(.object(object)) == #"{"\"":null}"#)
  }

  @Test("integers are written exactly", arguments: [0, 1, -1, 9, 10, -10, 1_000_000_000_000_000, .max, .min])
  func integers(value: Int64) {
    #expect(text(.integer(value)) == String(value))
  }

  @Test("reals read back as the same, and those that JSON cannot say are null")
  func reals() throws {
    for value in [0.1, -0.5, 1, 1e16, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      #expect(try parseJSON(JSONValue.real(value).encoded()) == .real(value))
    }
    for value in [Double.nan, .infinity, -.infinity] { #expect(text(.real(value)) == "null") }
  }

  @Test("what is written reads back as the same bytes")
  func roundTrip() throws {
    let text = #"{"b":[1,-2,3.5,"x\n",{"é":null,"e":true}],"a":{"":""},"c":false}"#
    let bytes = Array(text.utf8)
    #expect(try parseJSON(bytes).encoded() == bytes)
  }

  @Test("values are equal by bytes, by kind of number, and whatever the order of members")
  func equality() throws {
    let parse = { (text: String) in try parseJSON(Array(text.utf8)) }
    #expect(try parse(#"{"a":1,"b":{"c":2,"d":3}}"#) == parse(#"{"b":{"d":3,"c":2},"a":1}"#))
    #expect(try parse(#"{"a":1}"#) != parse(#"{"a":1,"b":2}"#))
    #expect(try parse(#"{"a":1,"b":2}"#) != parse(#"{"a":2,"b":1}"#))
    #expect(try parse("1") != parse("1.0"))
    #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
    #expect(JSONValue.string("\u{E9}") == .string("\u{E9}"))
  }

  @Test("an object's members are replaced in place, appended and removed")
  func objectChanges() {
    var object = JSONObject()
    object["a"] = .integer(1)
    object["b"] = .integer(2)
    object["a"] = .integer(3)
    #expect(text(.object(object)) == #"{"a":3,"b":2}"#)
    object["a"] = nil
    object["c"] = nil
    #expect(object.names == ["b"])
  }

  private func text(_ value: JSONValue) -> String {
    String(decoding: value.encoded(), as: UTF8.self)
  }
}
