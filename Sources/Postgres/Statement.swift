/// SQL text with `$1`, `$2` … for values.
public struct Statement: Sendable, ExpressibleByStringLiteral {
  /// The form in which the server sends values; `Rows` reads both.
  public enum ResultForm: Sendable {
    /// Every type has it.
    case text
    /// Costs less to make and to read. For columns of the types that `Rows` reads in it.
    case binary

    /// What the protocol calls it.
    var code: Int32 { self == .binary ? 1 : 0 }
  }

  let sql: String
  let isNamed: Bool
  let results: ResultForm

  /// A statement that is sent, planned and run each time.
  public init(_ sql: String) { self.init(sql: sql, isNamed: false, results: .text) }

  public init(stringLiteral value: String) { self.init(sql: value, isNamed: false, results: .text) }

  /// A statement that each connection prepares on first use, under a name of its own, and then only runs.
  ///
  /// For a fixed set of statements that run often: a connection keeps at most 256 and sends any further one whole.
  /// Where `ConnectionSettings.usesNamedStatements` is off this is the same as a statement without a name.
  public static func named(_ sql: String, results: ResultForm = .text) -> Statement {
    Statement(sql: sql, isNamed: true, results: results)
  }

  private init(sql: String, isNamed: Bool, results: ResultForm) {
    self.sql = sql
    self.isNamed = isNamed
    self.results = results
  }
}
