import JSON
import Testbed

/// A place in a request's body: how to get there from the whole.
typealias BodyPath = [BodyStep]

enum BodyStep {
  case member(String)
  /// The first item.
  case item
}

/// The places of a body where openapi.json expects something, and what it expects there.
struct BodyPlaces {
  struct Place {
    let path: BodyPath
    /// Any of these, references followed.
    let schemas: [JSONValue]
  }

  private let description: Description
  private(set) var places: [Place] = []
  /// Objects, any of which could be given another member.
  private(set) var objects: [BodyPath] = []

  /// - Parameters:
  ///   - schema: of the whole body.
  ///   - example: a body, for what the schema leaves open.
  ///   - description: what the schema's references point into.
  init(_ schema: JSONValue, example: JSONValue?, in description: Description) {
    self.description = description
    walk(schema, example, at: [])
  }

  private mutating func walk(_ schema: JSONValue, _ example: JSONValue?, at path: BodyPath) {
    let schemas = alternatives(schema)
    if !path.isEmpty { places.append(Place(path: path, schemas: schemas)) }
    for schema in schemas {
      let types = Self.types(schema)
      if types.contains("object") || (types.isEmpty && example?.names.isEmpty == false) {
        objects.append(path)
        let properties = schema["properties"]
        for name in properties?.names ?? [] {
          properties?[name].map { walk($0, example?[name], at: path + [.member(name)]) }
        }
        guard properties == nil || schema["additionalProperties"]?.names.isEmpty == false else { continue }
        let names = example?.names ?? []
        for name in names.isEmpty ? ["a"] : names {
          walk(schema["additionalProperties"] ?? .object(JSONObject()), example?[name], at: path + [.member(name)])
        }
      }
      if types.contains("array"), let items = schema["items"] {
        walk(items, example?.array?.first, at: path + [.item])
      }
    }
  }

  private func alternatives(_ schema: JSONValue) -> [JSONValue] {
    guard let schema = description.resolved(schema) else { return [] }
    return schema["anyOf"]?.array?.compactMap(description.resolved) ?? [schema]
  }

  /// The types that a schema allows; none: all of them.
  private static func types(_ schema: JSONValue) -> Set<String> {
    Set((schema["type"]?.array ?? [schema["type"]].compactMap(\.self)).compactMap(\.string))
  }

  /// What to put in a place, each value once.
  static func values(for place: Place) -> [HostileValue] {
    let all = place.schemas.flatMap { schema in
      let types = types(schema)
      var values: [HostileValue] = []
      if types.isEmpty || types.contains("string") { values += HostileValue.strings(schema["maxLength"]?.integer) }
      if types.isEmpty || types.contains("integer") {
        values += HostileValue.integers(schema["minimum"]?.integer, schema["maximum"]?.integer)
      }
      return values
    }
    var known: Set<[UInt8]> = []
    return (all + HostileValue.kinds).filter { known.insert($0.json).inserted }
  }
}

extension JSONValue {
  /// With another value at a place, and all that is missing on the way there.
  func setting(_ value: JSONValue, at path: ArraySlice<BodyStep>) -> JSONValue {
    switch path.first {
    case nil: return value
    case .member(let name):
      var object = if case .object(let object) = self { object } else { JSONObject() }
      object[name] = (object[name] ?? .null).setting(value, at: path.dropFirst())
      return .object(object)
    case .item:
      var items = array ?? []
      let item = (items.first ?? .null).setting(value, at: path.dropFirst())
      if items.isEmpty { items = [item] } else { items[0] = item }
      return .array(items)
    }
  }

  /// With these members instead of its own of the same names.
  func overlaid(with other: JSONValue?) -> JSONValue {
    (other?.names ?? []).reduce(self) { value, name in
      other?[name].map { value.setting($0, at: [.member(name)]) } ?? value
    }
  }
}
