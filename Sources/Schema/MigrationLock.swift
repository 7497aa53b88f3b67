import Glibc
import Postgres

/// One migration at a time in a database, by an advisory lock of the session: it ends with the connection at the
/// latest.
///
/// The lock is tried for, again and again, and not waited for: a session that waits inside PostgreSQL holds a
/// snapshot, for which CREATE INDEX CONCURRENTLY in the other would wait in turn.
enum MigrationLock {
  private static let key = "hashtextextended('tollgate migrate', 0)"

  static func acquire(on connection: inout Connection, timeoutSeconds: Double) throws {
    let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
    while true {
      let answer = try connection.query(Statement("SELECT pg_try_advisory_lock(\(key))"))
      if try answer.boolean(0, 0) { return }
      guard ContinuousClock.now < deadline else { throw SchemaError.lockTimeout(seconds: timeoutSeconds) }
      pauseForRetry()
    }
  }

  static func release(on connection: inout Connection) throws {
    _ = try connection.query(Statement("SELECT pg_advisory_unlock(\(key))"))
  }
}

/// Between 50 and 150 ms, so that several who wait for the same do not keep coming at once.
func pauseForRetry() {
  usleep(UInt32.random(in: 50_000...150_000))
}
