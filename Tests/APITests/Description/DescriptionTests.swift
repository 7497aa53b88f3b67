import HTTP
import JSON
import Testbed
import Testing

@testable import API

@Suite("openapi.json")
struct DescriptionTests {
  private let description: Description

  init() throws { description = try Description.embedded.get() }

  @Test("the routes that exist and those that are described are the same")
  func routes() async throws {
    let routes = try await ServedDatabase.shared().server.application.router.routes
    #expect(Set(routes.map { "\($0.method) \($0.pattern)" }) == Set(description.operations.keys))
    #expect(routes.count == description.operations.count)
  }

  @Test("every problem is described under its status, and no other")
  func problems() throws {
    var described: [String: Int64] = [:]
    let schemas = try #require(description.document["components"]?["schemas"])
    for name in schemas.names {
      guard let members = schemas[name]?["properties"], members["requestId"] != nil,
        let codes = members["code"]?["enum"]?.array
      else { continue }
      let statuses = try #require(members["status"]?["enum"]?.array)
      #expect(statuses.count == 1)
      #expect(members["type"]?["enum"]?.array == codes.map { .string("urn:tollgate:problem:\($0.string ?? "")") })
      for code in codes { described[try #require(code.string)] = statuses.first?.integer }
    }
    // Which items of a batch have, and no response as a whole.
    #expect(schemas["RefusedItem"]?["properties"]?["code"]?["enum"]?.array?.contains(.string("batch_refused")) == true)
    let existing = ProblemCode.allCases.filter { $0 != .batchRefused }.map { ($0.rawValue, Int64($0.status)) }
    #expect(described == Dictionary(uniqueKeysWithValues: existing))
  }

  @Test("every example is what its schema says")
  func examples() throws {
    var count = 0
    try visit(description.document) { media in
      guard let schema = media["schema"], let examples = media["examples"] else { return }
      for name in examples.names {
        let value = try #require(examples[name]?["value"])
        #expect(description.validator.faults(in: value, by: schema) == [])
        count += 1
      }
    }
    #expect(count > 30)
  }

  @Test("every example of a problem has the title and status of its code")
  func titles() throws {
    try visit(description.document) { value in
      guard let code = value["code"]?.string, let title = value["title"]?.string else { return }
      let known = try #require(ProblemCode(rawValue: code))
      #expect(title == known.title)
      #expect(value["status"]?.integer == Int64(known.status))
    }
  }

  @Test("what a request may leave out may be null, as the server reads it")
  func nulls() throws {
    var refusing: [String] = []
    var count = 0
    for (name, operation) in description.operations {
      let content = operation["requestBody"]?["content"]
      for type in content?.names ?? [] {
        guard let schema = content?[type]?["schema"] else { continue }
        description.validator.visit(schema) { object in
          let required = object["required"]?.array ?? []
          for member in object["properties"]?.names ?? [] where !required.contains(.string(member)) {
            count += 1
            let faults = description.validator.faults(in: .null, by: object["properties"]?[member] ?? .null)
            if !faults.isEmpty { refusing.append("\(name) \(member): \(faults)") }
          }
        }
      }
    }
    #expect(refusing == [])
    #expect(count > 60)
  }

  @Test("every reference leads somewhere")
  func references() throws {
    try visit(description.document) { value in
      guard let reference = value["$ref"] else { return }
      #expect(description.validator.resolve(reference) != nil, "\(reference)")
    }
  }

  @Test("the server shows the file, to everybody")
  func served() async throws {
    let answer = try await ServedDatabase.shared().server.call("GET", "/openapi.json")
    #expect(answer.status == 200)
    #expect(answer.body == APIDescription.text)
  }

  @Test(
    "the validator finds what does not fit",
    arguments: [
      (#"{"type":"string"}"#, "1"), (#"{"type":["string","null"]}"#, "true"), (#"{"const":"a"}"#, #""b""#),
      (#"{"enum":[1,2]}"#, "3"), (#"{"required":["a"]}"#, "{}"),
      (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":1}"#),
      (#"{"properties":{},"additionalProperties":false}"#, #"{"a":1}"#),
      (#"{"additionalProperties":{"type":"integer"}}"#, #"{"a":""}"#), (#"{"minProperties":1}"#, "{}"),
      (#"{"propertyNames":{"pattern":"^a$"}}"#, #"{"b":1}"#),
      (#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#), (#"{"items":{"type":"integer"}}"#, #"[1,"a"]"#),
      (#"{"minimum":2}"#, "1"), (#"{"maximum":2}"#, "3"), (#"{"minLength":1}"#, #""""#),
      (#"{"maxLength":1}"#, #""ab""#), (#"{"pattern":"^[!-~]+$"}"#, #""a b""#),
      (#"{"minItems":1}"#, "[]"), (#"{"maxItems":1}"#, "[1,2]"), (#"{"uniqueItems":true}"#, "[1,2,1]"),
      (#"{"format":"uuid"}"#, #""a""#), (#"{"format":"date-time"}"#, #""2026-01-01""#), (#"{"unheard":1}"#, "1"),
      (##"{"$ref":"#/nowhere"}"##, "1"), (##"{"$ref":"#/defined"}"##, "1"),
      (#"{"anyOf":[{"const":1},{"const":2}]}"#, "3"),
    ])
  func validator(schema: String, value: String) throws {
    let validator = SchemaValidator(document: try parseJSON(Array(#"{"defined":{"const":2}}"#.utf8)))
    let faults = validator.faults(in: try parseJSON(Array(value.utf8)), by: try parseJSON(Array(schema.utf8)))
    #expect(!faults.isEmpty)
  }

  private func visit(_ value: JSONValue, _ look: (JSONValue) throws -> Void) throws {
    try look(value)
    switch value {
    case .object(let object): for member in object.members { try visit(member.value, look) }
    case .array(let values): for value in values { try visit(value, look) }
    default: break
    }
  }
}
