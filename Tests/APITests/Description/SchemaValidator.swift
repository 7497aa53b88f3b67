import Foundation
import JSON
import Testbed

/// Holds values against the part of JSON Schema 2020-12 that openapi.json uses. A keyword it does not know is a fault:
/// nothing in the document goes unchecked.
struct SchemaValidator {
  /// Where `$ref` points into.
  let document: JSONValue

  private static let annotations: Set<String> = ["description", "title", "default", "examples"]

  /// What does not fit, each with its place.
  func faults(in value: JSONValue, by schema: JSONValue, at place: String = "$") -> [String] {
    schema.names.flatMap { keyword -> [String] in
      guard let argument = schema[keyword], !Self.annotations.contains(keyword) else { return [] }
      return faults(in: value, by: keyword, argument, of: schema, at: place)
    }
  }

  private func faults(
    in value: JSONValue, by keyword: String, _ argument: JSONValue, of schema: JSONValue, at place: String
  ) -> [String] {
    switch keyword {
    case "$ref":
      guard let target = resolve(argument) else { return ["\(place): nothing at \(argument)"] }
      return faults(in: value, by: target, at: place)
    case "anyOf":
      let attempts = (argument.array ?? []).map { faults(in: value, by: $0, at: place) }
      return attempts.contains([]) ? [] : ["\(place): fits none of \(attempts.count)"] + attempts.flatMap { $0 }
    case "type":
      let types = argument.array ?? [argument]
      return types.contains { Self.isOfType($0.string, value) } ? [] : ["\(place): is no \(types)"]
    case "const": return value == argument ? [] : ["\(place): is not \(argument)"]
    case "enum": return argument.array?.contains(value) == true ? [] : ["\(place): is none of \(argument)"]
    case "properties":
      return argument.names.flatMap { name in
        guard let member = value[name], let schema = argument[name] else { return [String]() }
        return faults(in: member, by: schema, at: "\(place).\(name)")
      }
    case "required":
      return (argument.array ?? []).compactMap(\.string).filter { value[$0] == nil }.map { "\(place): no \($0)" }
    case "additionalProperties":
      let others = value.names.filter { schema["properties"]?[$0] == nil }
      if argument == .boolean(false) { return others.map { "\(place): unknown member \($0)" } }
      return others.flatMap { name in value[name].map { faults(in: $0, by: argument, at: "\(place).\(name)") } ?? [] }
    case "propertyNames":
      return value.names.flatMap { faults(in: .string($0), by: argument, at: "\(place).\($0)") }
    case "items":
      return (value.array ?? []).enumerated().flatMap { faults(in: $1, by: argument, at: "\(place)[\($0)]") }
    case "uniqueItems":
      let items = value.array ?? []
      let isUnique = items.indices.allSatisfy { !items[..<$0].contains(items[$0]) }
      return argument == .boolean(true) && !isUnique ? ["\(place): has an item twice"] : []
    default: return limitFaults(in: value, by: keyword, argument, at: place)
    }
  }

  private func limitFaults(in value: JSONValue, by keyword: String, _ argument: JSONValue, at place: String)
    -> [String]
  {
    if keyword == "format" { return formatFaults(in: value, argument.string, at: place) }
    if keyword == "pattern" { return patternFaults(in: value, argument.string, at: place) }
    guard let limit = argument.integer else { return ["\(place): the keyword \(keyword) is not understood"] }
    let length = value.string.map { Int64($0.unicodeScalars.count) }
    let measured: Int64?
    switch keyword {
    case "minimum", "maximum": measured = value.integer
    case "minLength", "maxLength": measured = length
    case "minItems", "maxItems": measured = value.array.map { Int64($0.count) }
    case "minProperties", "maxProperties":
      measured = if case .object(let object) = value { Int64(object.members.count) } else { nil }
    default: return ["\(place): the keyword \(keyword) is not understood"]
    }
    guard let measured else { return [] }
    let fits = keyword.hasPrefix("min") ? measured >= limit : measured <= limit
    return fits ? [] : ["\(place): breaks \(keyword) \(limit)"]
  }

  private func patternFaults(in value: JSONValue, _ pattern: String?, at place: String) -> [String] {
    guard let pattern = pattern.flatMap({ try? Regex($0) }) else { return ["\(place): the pattern is not understood"] }
    guard let text = value.string else { return [] }
    return text.firstMatch(of: pattern) == nil ? ["\(place): does not match"] : []
  }

  private func formatFaults(in value: JSONValue, _ format: String?, at place: String) -> [String] {
    guard let text = value.string else { return format == "int64" || value == .null ? [] : ["\(place): is no text"] }
    let fits =
      switch format {
      case "uuid": text.wholeMatch(of: /[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/) != nil
      case "date": text.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil
      case "date-time": text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil
      default: false
      }
    return fits ? [] : ["\(place): is no \(format ?? "format")"]
  }

  private static func isOfType(_ type: String?, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("integer", .integer), ("number", .integer),
      ("number", .real), ("boolean", .boolean), ("null", .null):
      true
    default: false
    }
  }

  /// A schema and all that it consists of, references followed.
  func visit(_ schema: JSONValue, _ look: (JSONValue) -> Void) {
    if let target = schema["$ref"].flatMap(resolve) { return visit(target, look) }
    look(schema)
    for name in schema["properties"]?.names ?? [] { schema["properties"]?[name].map { visit($0, look) } }
    for part in schema["anyOf"]?.array ?? [] { visit(part, look) }
    for keyword in ["items", "additionalProperties"] { schema[keyword].map { visit($0, look) } }
  }

  /// The value that a local reference (RFC 6901, as a fragment) points to.
  func resolve(_ reference: JSONValue) -> JSONValue? {
    guard let text = reference.string, text.hasPrefix("#/") else { return nil }
    return text.dropFirst(2).split(separator: "/").reduce(document) { $0?[String($1)] }
  }
}
