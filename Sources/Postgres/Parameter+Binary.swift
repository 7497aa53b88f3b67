// Parameters that say their type and are sent in binary form. The server does not infer anything of them, so `$1` needs
// no cast; where it has one, that is of the type named here.

extension Parameter {
  /// A `uuid`; nil is NULL.
  public static func uuid(_ value: UInt128?) -> Parameter { value.map { .binary(BinaryValue($0, .uuid)) } ?? .null }

  /// A `uuid[]` of `count` elements, each asked for once and in order; nil is NULL.
  public static func uuids(_ count: Int, _ value: (Int) -> UInt128?) -> Parameter {
    .binary(BinaryValue(.uuidArray, of: .uuid, count: count, value))
  }

  /// A `bigint[]` of `count` elements, each asked for once and in order; nil is NULL.
  public static func integers(_ count: Int, _ value: (Int) -> Int64?) -> Parameter {
    .binary(BinaryValue(.bigintArray, of: .bigint, count: count, value))
  }

  /// A `boolean[]` of `count` elements, each asked for once and in order; nil is NULL.
  public static func booleans(_ count: Int, _ value: (Int) -> Bool?) -> Parameter {
    .binary(BinaryValue(.booleanArray, of: .boolean, count: count) { index in value(index).map { $0 ? UInt8(1) : 0 } })
  }

  /// A `text[]` of `count` elements, each asked for once and in order; nil is NULL. A NUL byte fails the query.
  public static func texts(_ count: Int, _ value: (Int) -> String?) -> Parameter {
    .binary(BinaryValue(.textArray, of: .text, count: count, value))
  }

  /// A `jsonb[]` of `count` elements as JSON texts, each asked for once and in order; nil is NULL. A NUL byte fails the
  /// query, and so does what is no JSON.
  public static func documents(_ count: Int, _ value: (Int) -> String?) -> Parameter {
    // jsonb_recv (src/backend/utils/adt/jsonb.c) wants the number of its format first.
    .binary(BinaryValue(.jsonbArray, of: .jsonb, count: count, prefix: [1], value))
  }
}
