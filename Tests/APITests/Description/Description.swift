import JSON
import Testbed

@testable import API

/// openapi.json, to be held against what the server does.
struct Description {
  /// Each operation, as `POST /path`.
  typealias OperationName = String

  let document: JSONValue
  let validator: SchemaValidator
  let operations: [OperationName: JSONValue]
  /// Method and segments of each, for paths that have ids where the description has names.
  private let patterns: [(method: Substring, segments: [Substring], operation: JSONValue)]

  static let embedded = Result { try Description(APIDescription.text) }

  init(_ text: String) throws {
    document = try parseJSON(Array(text.utf8))
    validator = SchemaValidator(document: document)
    let paths = document["paths"]
    var operations: [OperationName: JSONValue] = [:]
    for path in paths?.names ?? [] {
      for method in paths?[path]?.names ?? [] {
        operations["\(method.uppercased()) \(path)"] = paths?[path]?[method]
      }
    }
    self.operations = operations
    patterns = operations.filter { $0.key.contains("{") }.map { name, operation in
      let words = name.split(separator: " ")
      return (words[0], words[1].split(separator: "/", omittingEmptySubsequences: false), operation)
    }
  }

  /// The operation that a path leads to.
  private func operation(_ method: String, _ path: String) -> JSONValue? {
    if let operation = operations["\(method) \(path)"] { return operation }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    return patterns.first { pattern in
      pattern.method == method && pattern.segments.count == segments.count
        && zip(pattern.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }?.operation
  }

  /// What an answer has that is not documented, or lacks that is.
  func faults(in answer: RawClient.Answer, to method: String, _ path: String) throws -> [String] {
    guard let response = response(to: method, path, status: answer.status) else {
      return ["\(method) \(path): \(answer.status) is not documented"]
    }
    var faults = headerFaults(in: answer, response)
    let content = response["content"]
    if content == nil, answer["Content-Type"] == nil, answer.body.isEmpty { return faults }
    let type = answer["Content-Type"].map { $0.prefix { $0 != ";" } }.map(String.init)
    guard let type, let schema = content?[type]?["schema"] else {
      return faults + ["\(method) \(path): \(answer["Content-Type"] ?? "no type") is not documented"]
    }
    let value = type.hasSuffix("json") ? try answer.json() : .string(answer.body)
    faults += validator.faults(in: value, by: schema)
    return faults.map { "\(method) \(path) \(answer.status) \($0) in \(answer.body)" }
  }

  /// What a body that the server accepted has that is not documented.
  func faults(inRequest body: JSONValue, to method: String, _ path: String) -> [String] {
    let content = operation(method, path)?["requestBody"]?["content"]
    guard let schema = content?["application/json"]?["schema"] else { return ["\(method) \(path): no body documented"] }
    return validator.faults(in: body, by: schema).map { "\(method) \(path) request \($0)" }
  }

  private func response(to method: String, _ path: String, status: Int) -> JSONValue? {
    let found: JSONValue? =
      if let operation = operation(method, path) {
        operation["responses"]?[String(status)]
      } else {
        // What is said of all paths that do not exist, or lack the method.
        document["components"]?["responses"]?[status == 405 ? "MethodNotAllowed" : "NotFound"]
      }
    return found.flatMap(resolved)
  }

  private func headerFaults(in answer: RawClient.Answer, _ response: JSONValue) -> [String] {
    var faults: [String] = []
    let documented = response["headers"]
    for name in documented?.names ?? [] {
      let isRequired = documented?[name].flatMap(resolved)?["required"] == .boolean(true)
      if isRequired, answer[name] == nil { faults.append("no \(name)") }
    }
    for name in ["Retry-After", "Idempotent-Replayed", "Allow", "WWW-Authenticate"] where answer[name] != nil {
      if documented?[name] == nil { faults.append("\(name) is not documented") }
      if answer.headers.count(where: { $0.name.lowercased() == name.lowercased() }) > 1 { faults.append("two \(name)") }
    }
    return faults
  }

  func resolved(_ value: JSONValue) -> JSONValue? {
    if let reference = value["$ref"] { validator.resolve(reference) } else { value }
  }
}
