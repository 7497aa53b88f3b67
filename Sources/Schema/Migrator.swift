public import Postgres

/// Brings a database to this program's schema, and says how far it is.
///
/// Every method blocks until it is done: call it from a thread that may block.
///
/// `up` takes each pending migration in a transaction of its own, together with its line in
/// `tollgate.schema_migrations`. When there was one, or when a function's, view's or policy's file changed, one more
/// transaction applies all of these files again: each replaces what is there, views follow the functions they call,
/// and a migration may have dropped some of them. An interruption between the two is noticed by the version that each
/// file was last applied in. At the end partitions are made ahead.
///
/// A file taken out of `sql/functions`, `sql/views` or `sql/policies` drops nothing: that is for a migration, which
/// comes with it. A program without the file and without the migration is older than the database, and is refused.
public struct Migrator: Sendable {
  let settings: ConnectionSettings
  let lockTimeoutSeconds: Double
  let files: SchemaFiles

  /// - Parameters:
  ///   - settings: an administrator's connection, to PostgreSQL itself and not to a pooler in transaction mode.
  ///     Timeouts of its statements are switched off, the wait for a single lock is kept.
  ///   - lockTimeoutSeconds: how long `up` waits for another process that is migrating the same database.
  ///   - files: what to bring the database to.
  public init(settings: ConnectionSettings, lockTimeoutSeconds: Double = 60, files: SchemaFiles = .embedded) {
    var settings = settings
    settings.statementTimeoutMilliseconds = 0
    settings.idleInTransactionTimeoutMilliseconds = 60_000
    settings.searchPath = "pg_catalog, pg_temp"
    self.settings = settings
    self.lockTimeoutSeconds = lockTimeoutSeconds
    self.files = files
  }

  /// Applies what is pending. Any number may run at once: one does it, the others wait and find it done.
  ///
  /// Refuses, with nothing done, where an applied migration's file changed or is missing, or the database is newer
  /// than this program.
  public func up() throws(SchemaError) -> MigrationReport {
    try naming("migrate") {
      try files.validate()
      var connection = try Connection(settings)
      try MigrationLock.acquire(on: &connection, timeoutSeconds: lockTimeoutSeconds)
      let report = try applyPending(on: &connection)
      try MigrationLock.release(on: &connection)
      return report
    }
  }

  /// Which migrations and objects the database has. Changes nothing.
  public func status() throws(SchemaError) -> MigrationStatus {
    try readOnly { connection in
      try MigrationStatus(files: files, bookkeeping: Bookkeeping.read(&connection))
    }
  }

  /// What `up` would do; throws what it would refuse with. Changes nothing.
  public func plan() throws(SchemaError) -> MigrationPlan {
    try readOnly { connection in
      let comparison = try Comparison(files: files, bookkeeping: Bookkeeping.read(&connection))
      try comparison.refuse()
      return MigrationPlan(comparison, files: files)
    }
  }

  /// Everything in which the database differs from what this program's `up` would have left. Changes nothing.
  public func verify() throws(SchemaError) -> [Drift] {
    try readOnly { connection in
      let bookkeeping = try Bookkeeping.read(&connection)
      let drift = Comparison(files: files, bookkeeping: bookkeeping).drift
      guard !bookkeeping.migrations.isEmpty else { return drift }
      return try drift + catalogueDrift(on: &connection)
    }
  }

  /// What was changed by hand since the last `up` that did something.
  func catalogueDrift(on connection: inout Connection) throws -> [Drift] {
    try Catalogue.readLive(&connection).drift(from: Catalogue.readRecorded(&connection))
  }

  private func readOnly<Value>(_ body: (inout Connection) throws -> Value) throws(SchemaError) -> Value {
    try naming("read the state of the schema") {
      try files.validate()
      var connection = try Connection(settings)
      return try connection.transaction { connection in
        try connection.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return try body(&connection)
      }
    }
  }
}
