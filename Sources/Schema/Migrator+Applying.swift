import Postgres

extension Migrator {
  /// How often a step is tried when somebody else's lock or transaction is in its way.
  private static let attemptLimit = 10

  /// Does what is pending. The caller holds the lock.
  func applyPending(on connection: inout Connection) throws -> MigrationReport {
    let bookkeeping = try Bookkeeping.read(&connection)
    let comparison = Comparison(files: files, bookkeeping: bookkeeping)
    try comparison.refuse()
    var report = MigrationReport()
    report.version = max(bookkeeping.version, files.latestVersion)
    report.changedObjects = comparison.pendingObjects.map(\.path)
    if comparison.appliesObjects {
      // After an interrupted run, migrations and recorded state do not belong together.
      let wasFinished = bookkeeping.objects.allSatisfy { $0.version == bookkeeping.version }
      if wasFinished && !bookkeeping.objects.isEmpty { report.driftFound = try catalogueDrift(on: &connection) }
      for migration in comparison.pendingMigrations {
        try apply(migration, on: &connection)
        report.appliedMigrations.append(migration.path)
      }
      try applyObjects(on: &connection)
    }
    report.partitionsMade = try ensurePartitions(on: &connection)
    return report
  }

  private func apply(_ migration: Migration, on connection: inout Connection) throws {
    try naming("apply \(migration.path)") {
      try step(on: &connection) { connection in
        if migration.version == 1 { try connection.script(Bookkeeping.creation) }
        try connection.script(migration.text)
        // The migration became tollgate_owner for the rest of its transaction.
        guard connection.isInTransaction else { throw SchemaError.transactionEnded(path: migration.path) }
        try connection.script("RESET ROLE")
        if migration.version == 1 { try connection.script(Bookkeeping.handingOver) }
        try connection.script("SET LOCAL ROLE tollgate_owner")
        try Bookkeeping.record(migration, on: &connection)
      }
    }
  }

  private func applyObjects(on connection: inout Connection) throws {
    try step(on: &connection) { connection in
      try connection.script("SET LOCAL ROLE tollgate_owner; SET LOCAL check_function_bodies = off")
      for object in files.objects { try apply(object, on: &connection) }
      // Now that all is there which they name, a body with a mistake is refused here and not at its first call.
      try connection.script("SET LOCAL check_function_bodies = on")
      for object in files.objects where object.isFunction { try apply(object, on: &connection) }
      try beginAuditLog(on: &connection)
      try Bookkeeping.record(files.objects, version: files.latestVersion, on: &connection)
      try Catalogue.record(on: &connection)
    }
  }

  private func apply(_ object: SchemaObject, on connection: inout Connection) throws {
    try naming("apply \(object.path)") {
      try connection.script(object.text)
      guard connection.isInTransaction else { throw SchemaError.transactionEnded(path: object.path) }
    }
  }

  /// In the transaction that makes the triggers: between what is there now and the first change there is nothing.
  private func beginAuditLog(on connection: inout Connection) throws {
    try naming("begin the audit log") {
      let known = try connection.query("SELECT to_regprocedure('tollgate.begin_audit_log()') IS NOT NULL")
      guard try known.boolean(0, 0) else { return }
      _ = try connection.query("SELECT tollgate.begin_audit_log()")
    }
  }

  private func ensurePartitions(on connection: inout Connection) throws -> Int {
    try naming("make partitions ahead") {
      try step(on: &connection) { connection in
        let known = try connection.query("SELECT to_regprocedure('tollgate.ensure_partitions()') IS NOT NULL")
        guard try known.boolean(0, 0) else { return 0 }
        try connection.script("SET LOCAL ROLE tollgate_owner")
        return Int(try connection.query("SELECT tollgate.ensure_partitions()").integer(0, 0))
      }
    }
  }

  /// One transaction, tried again when it collided with somebody.
  private func step<Value>(
    on connection: inout Connection, _ body: (inout Connection) throws -> Value
  ) throws -> Value {
    var attempt = 1
    while true {
      do {
        return try connection.transaction(body)
      } catch {
        guard attempt < Self.attemptLimit, Self.isCollision(error) else { throw error }
      }
      attempt += 1
      pauseForRetry()
    }
  }

  /// Whether the same step may succeed a moment later.
  static func isCollision(_ error: any Error) -> Bool {
    let sqlState = (error as? PostgresError)?.sqlState ?? (error as? SchemaError)?.sqlState
    let concurrentUpdate = SQLState(rawValue: "XX000")
    switch sqlState {
    case .serializationFailure, .deadlockDetected, .lockNotAvailable: return true
    // Roles and their comments belong to the whole cluster. Two databases that are set up at the same moment meet
    // there, and PostgreSQL reports that as an internal error or a duplicate row.
    case .uniqueViolation, concurrentUpdate: return true
    default: return false
    }
  }
}
