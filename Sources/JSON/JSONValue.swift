/// One JSON value (RFC 8259, section 3).
///
/// Two values are equal when their strings and member names are the same UTF-8 bytes and their numbers are of the same
/// kind: `1` is no `1.0`. The order of an object's members does not count.
public enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  /// A number written without fraction and exponent.
  case integer(Int64)
  /// A number written with a fraction or an exponent, and therefore also `1.0` and `1e2`.
  case real(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue: Equatable {
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.real(let left), .real(let right)): left == right
    case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}

extension JSONValue {
  /// The value as JSON in UTF-8, without white space, members in their order.
  ///
  /// Reals that JSON cannot say (not a number, infinities) become `null`; `parseJSON` never makes such values.
  public func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.finish()
  }
}
