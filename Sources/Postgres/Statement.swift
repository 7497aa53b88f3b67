/// SQL text with `$1`, `$2` … for values.
public struct Statement: Sendable, ExpressibleByStringLiteral {
  let sql: String
  let isNamed: Bool

  /// A statement that is sent, planned and run each time.
  public init(_ sql: String) { self.init(sql: sql, isNamed: false) }

  public init(stringLiteral value: String) { self.init(sql: value, isNamed: false) }

  /// A statement that each connection prepares on first use, under a name of its own, and then only runs.
  ///
  /// For a fixed set of statements that run often: a connection keeps at most 256 and sends any further one whole.
  /// Where `ConnectionSettings.usesNamedStatements` is off this is the same as `init(_:)`.
  public static func named(_ sql: String) -> Statement { Statement(sql: sql, isNamed: true) }

  private init(sql: String, isNamed: Bool) {
    self.sql = sql
    self.isNamed = isNamed
  }
}
