import JSON
import Testbed
import Testing

/// A request to an operation that is right but in one place.
struct HostileRequest {
  enum Part: String, CaseIterable { case body, name, query, path }

  enum Change {
    /// Nothing: it is right in every place.
    case none
    case value(BodyPath, [UInt8])
    /// A member more, of this name, of the object there.
    case name(BodyPath, [UInt8])
    /// A parameter, encoded, and what openapi.json says of it.
    case query(String, String, JSONValue)
    /// The segment of the path with that number, encoded.
    case segment(Int, String)

    var part: Part? {
      switch self {
      case .none: nil
      case .value: .body
      case .name: .name
      case .query: .query
      case .segment: .path
      }
    }
  }

  let operation: DescribedOperation
  /// What openapi.json has as an example of a body.
  let example: JSONValue?
  let change: Change
  let what: String

  /// All of them, for all operations.
  static func all(in description: Description) throws -> [HostileRequest] {
    try description.operations.sorted { $0.key < $1.key }.flatMap { name, described in
      let operation = try DescribedOperation(name, described)
      let content = described["requestBody"]?["content"]?["application/json"]
      let examples = content?["examples"]
      let example = examples?.names.first.flatMap { examples?[$0]?["value"] }
      var changes: [(Change, String)] = []
      if let schema = content?["schema"] {
        let body = BodyPlaces(schema, example: example, in: description)
        for place in body.places {
          changes += BodyPlaces.values(for: place).map {
            (.value(place.path, $0.json), "\(place.path.text): \($0.name)")
          }
        }
        for path in body.objects {
          changes += HostileValue.names.map { (.name(path, $0.json), "\(path.text): \($0.name)") }
        }
      }
      for parameter in (described["parameters"]?.array ?? []).compactMap(description.resolved) {
        changes += self.changes(parameter, of: name, description)
      }
      // What is deleted is needed by others.
      if operation.method != "DELETE" { changes.append((.none, "as it should be")) }
      return changes.map { HostileRequest(operation: operation, example: example, change: $0.0, what: $0.1) }
    }
  }

  private static func changes(
    _ parameter: JSONValue, of name: String, _ description: Description
  ) -> [(Change, String)] {
    guard let called = parameter["name"]?.string, let schema = parameter["schema"].flatMap(description.resolved) else {
      return []
    }
    let texts = HostileValue.parameters(schema["maxLength"]?.integer)
    switch parameter["in"]?.string {
    case "query":
      let numbers = HostileValue.integers(schema["minimum"]?.integer, schema["maximum"]?.integer).map {
        ($0.name, $0.name)
      }
      return (texts + (schema["type"]?.string == "integer" ? numbers : [])).map {
        (.query(called, $0.text, schema), "\(called): \($0.name)")
      }
    case "path":
      let segments = name.split(separator: " ")[1].split(separator: "/", omittingEmptySubsequences: false)
      return segments.indices.filter { segments[$0] == "{\(called)}" }.flatMap { index in
        // An empty segment is another path.
        texts.filter { !$0.text.isEmpty }.map { (.segment(index, $0.text), "{\(called)}: \($0.name)") }
      }
    default: return []
    }
  }
}

extension BodyPath {
  /// As `items[0].metadata`.
  var text: String {
    reduce("$") { text, step in
      switch step {
      case .member(let name): "\(text).\(name)"
      case .item: "\(text)[0]"
      }
    }
  }
}
