/// A value for a `$n` in a statement, sent beside the statement and never as part of it.
///
/// In text form, and the server infers its type from its place, so that `$1` alone needs a cast: `$1::bigint`; or in
/// binary form and of a type of its own (`Parameter+Binary.swift`). Descriptions show the case and not the value.
public enum Parameter: Sendable {
  case null
  /// Any text or textual form. A NUL byte, which PostgreSQL has no place for, fails the query.
  case text(String)
  case integer(Int64)
  /// Sent as the shortest text that reads back as the same number.
  case real(Double)
  case boolean(Bool)
  /// For `bytea`.
  case bytes([UInt8])
  /// An array of texts, or of anything in its textual form: `$1::uuid[]`.
  case array([String?])
  /// A value that says its type.
  case binary(BinaryValue)

  /// The text, or NULL for nil.
  public static func optional(_ text: String?) -> Parameter { text.map(Parameter.text) ?? .null }
  /// The integer, or NULL for nil.
  public static func optional(_ integer: Int64?) -> Parameter { integer.map(Parameter.integer) ?? .null }
}

extension Parameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(nilLiteral: ()) { self = .null }
}

extension Parameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    switch self {
    case .null: "null"
    case .text: "text"
    case .integer: "integer"
    case .real: "real"
    case .boolean: "boolean"
    case .bytes: "bytes"
    case .array: "array"
    case .binary: "binary"
    }
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
