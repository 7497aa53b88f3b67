public import Postgres

/// Why the schema was left as it is. The description is one sentence that says what to do.
public enum SchemaError: Error, Sendable {
  /// A file below `sql/` is in a folder, or has a form, that says nothing about what to do with it.
  case fileUnreadable(path: String)
  /// Two files have the same number.
  case versionTwice(version: Int)
  /// A migration's file is gone.
  case migrationMissing(version: Int)
  /// An applied migration's file is not what was applied.
  case migrationChanged(version: Int, path: String)
  /// A migration is recorded although one before it is not.
  case migrationSkipped(version: Int)
  /// The database was migrated by a later program.
  case databaseNewer(found: String, known: Int)
  /// Another process kept the lock for longer than allowed.
  case lockTimeout(seconds: Double)
  /// The connection's role may not do what is needed. `activity` says what was under way.
  case administratorNeeded(activity: String)
  /// A migration contains COMMIT or ROLLBACK.
  case transactionEnded(path: String)
  /// PostgreSQL refused; what was under way is rolled back.
  case refused(activity: String, error: PostgresError)
  /// There is no connection (any more). After `connectionLost` run it again: what was applied is recorded.
  case noConnection(error: PostgresError)

  /// What the server said, where it said something. May quote data: for an operator's terminal, not for logs.
  public var serverMessage: String? {
    switch self {
    case .refused(_, let error), .noConnection(let error): error.serverMessage
    default: nil
    }
  }

  /// The SQLSTATE behind it, where there is one.
  public var sqlState: SQLState? {
    switch self {
    case .refused(_, let error), .noConnection(let error): error.sqlState
    case .administratorNeeded: .insufficientPrivilege
    default: nil
    }
  }
}

extension SchemaError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fileUnreadable(let path):
      "\(path) is no migration NNNN_name.sql, function, view, policy or check: move or rename it."
    case .versionTwice(let version):
      "Two migrations have the number \(version): give the newer one the next free number."
    case .migrationMissing(let version):
      "Migration \(version) is missing from this program: use a build that has all of sql/migrations."
    case .migrationChanged(let version, let path):
      "Migration \(version) was changed after it was applied: restore \(path) and put the change into a new migration."
    case .migrationSkipped(let version):
      "Migration \(version) was never applied although later ones were: restore tollgate.schema_migrations or the database."
    case .databaseNewer(let found, let known):
      "The database is newer than this program (it has \(found), the program knows \(known) migrations): upgrade the program."
    case .lockTimeout(let seconds):
      "Another migration has been running for \(seconds) seconds: wait until it ends and run this again."
    case .administratorNeeded(let activity):
      "Not permitted to \(activity): connect as a superuser, or on Supabase as postgres, with DATABASE_DIRECT_URL."
    case .transactionEnded(let path):
      "\(path) ended its own transaction: remove its COMMIT or ROLLBACK."
    case .refused(let activity, let error):
      "PostgreSQL refused to \(activity) (SQLSTATE \(error.sqlState?.rawValue ?? "unknown")), and nothing of that step was kept: correct the cause and run this again."
    case .noConnection(let error):
      "There is no connection to PostgreSQL (SQLSTATE \(error.sqlState?.rawValue ?? "none")): check DATABASE_DIRECT_URL and the server, then run this again."
    }
  }
}

extension SchemaError {
  /// The same failure in this module's terms. Decided by kind and SQLSTATE, never by text.
  init(_ error: any Error, during activity: String) {
    switch error {
    case let error as SchemaError: self = error
    case let error as PostgresError where error.sqlState == .insufficientPrivilege:
      self = .administratorNeeded(activity: activity)
    case let error as PostgresError where error.kind == .server || error.kind == .decoding:
      self = .refused(activity: activity, error: error)
    case let error as PostgresError: self = .noConnection(error: error)
    default: self = .refused(activity: activity, error: PostgresError(kind: .decoding))
    }
  }
}

/// Runs `body` and says what was under way when it fails.
func naming<Value>(_ activity: String, _ body: () throws -> Value) throws(SchemaError) -> Value {
  do {
    return try body()
  } catch {
    throw SchemaError(error, during: activity)
  }
}
