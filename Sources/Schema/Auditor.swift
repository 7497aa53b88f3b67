public import Postgres

/// Runs every check of `sql/checks` against one and the same moment of a database.
public struct Auditor: Sendable {
  private static let activity = "read every organization's rows"

  let settings: ConnectionSettings
  let files: SchemaFiles

  /// - Parameters:
  ///   - settings: the connection of a role that sees every row: a superuser, or one with BYPASSRLS and the right to
  ///     read Tollgate's tables. Timeouts of its statements are switched off.
  ///   - files: where the checks are from.
  public init(settings: ConnectionSettings, files: SchemaFiles = .embedded) {
    var settings = settings
    settings.statementTimeoutMilliseconds = 0
    settings.idleInTransactionTimeoutMilliseconds = 60_000
    settings.searchPath = "pg_catalog, pg_temp"
    self.settings = settings
    self.files = files
  }

  /// All checks in one read-only snapshot. Blocks until they are done: call it from a thread that may block.
  ///
  /// Throws `administratorNeeded` for a role that does not see every row, rather than find nothing wrong.
  public func run() throws(SchemaError) -> [CheckResult] {
    try naming(Self.activity) {
      var connection = try Connection(settings)
      return try connection.transaction { connection in
        try connection.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return try results(on: &connection)
      }
    }
  }

  /// All checks in the transaction that is open.
  func results(on connection: inout Connection) throws -> [CheckResult] {
    let role = try connection.query("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    guard try role.boolean(0, 0) else { throw SchemaError.administratorNeeded(activity: Self.activity) }
    // A policy that would hide rows all the same, as behind a view, is then an error (42501).
    try connection.script("SET LOCAL row_security = off")
    // Times are compared as they were written down. PGTZ in the environment outweighs what the session was begun with.
    try connection.script("SET LOCAL TimeZone = 'UTC'")
    return try files.checks.map { check in
      let violations = try Self.violations(of: check, on: &connection)
      return CheckResult(name: check.name, invariant: check.invariant, violations: violations)
    }
  }

  /// What the check returns. That it cannot be run, because what it reads is not as it should be, is a violation too,
  /// and the other checks go on.
  private static func violations(of check: Check, on connection: inout Connection) throws -> [String] {
    try connection.script("SAVEPOINT before_check")
    do {
      let rows = try connection.query(Statement(check.text))
      return try (0..<rows.count).map { row in try rows.optionalString(row, 0) ?? "a row without a text" }
    } catch let error as PostgresError where error.kind == .server {
      try connection.script("ROLLBACK TO SAVEPOINT before_check")
      return ["the check cannot be run (SQLSTATE \(error.sqlState?.rawValue ?? "unknown"))"]
    }
  }
}
