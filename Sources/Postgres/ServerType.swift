/// A data type by its number on the server. Those of built-in types are part of PostgreSQL's interface and never change
/// (src/include/catalog/pg_type.dat).
struct ServerType: Hashable, Sendable {
  let identifier: UInt32

  /// Left to the server, which infers the type from the value's place.
  static let inferred = ServerType(identifier: 0)

  static let boolean = ServerType(identifier: 16)
  static let bytea = ServerType(identifier: 17)
  static let name = ServerType(identifier: 19)
  static let bigint = ServerType(identifier: 20)
  static let smallint = ServerType(identifier: 21)
  static let integer = ServerType(identifier: 23)
  static let text = ServerType(identifier: 25)
  static let json = ServerType(identifier: 114)
  static let real = ServerType(identifier: 700)
  static let doublePrecision = ServerType(identifier: 701)
  static let character = ServerType(identifier: 1042)
  static let characterVarying = ServerType(identifier: 1043)
  static let timestampWithTimeZone = ServerType(identifier: 1184)
  static let uuid = ServerType(identifier: 2950)
  static let jsonb = ServerType(identifier: 3802)

  static let booleanArray = ServerType(identifier: 1000)
  static let textArray = ServerType(identifier: 1009)
  static let bigintArray = ServerType(identifier: 1016)
  static let uuidArray = ServerType(identifier: 2951)
  static let jsonbArray = ServerType(identifier: 3807)

  /// Whether the binary form of a value is its characters and nothing else.
  var isCharactersInBinary: Bool {
    switch self {
    case .text, .characterVarying, .character, .name, .json: true
    default: false
    }
  }
}
