import Postgres

/// What the server asks about, and does for, the database itself.
enum OperationQueries {
  static func schemaLevel(on connection: inout Connection) throws -> Int {
    Int(try connection.query(.named("SELECT tollgate.schema_level()")).integer(0, 0))
  }

  static func ensurePartitions(on connection: inout Connection) throws -> Int {
    Int(try connection.query("SELECT tollgate.ensure_partitions()").integer(0, 0))
  }

  static func dropExpiredPartitions(on connection: inout Connection) throws -> Int {
    Int(try connection.query("SELECT tollgate.drop_expired_partitions()").integer(0, 0))
  }

  static func dropEndedAuthorizations(on connection: inout Connection) throws -> Int {
    Int(try connection.query("SELECT tollgate.drop_ended_authorizations()").integer(0, 0))
  }

  /// Balances that one sweep locks: so few that it is over before somebody who wants to spend from one gives up waiting
  /// (a fifth of a second).
  private static let sweepLimit: Int64 = 50

  static func sweep(everywhere: Bool, on connection: inout Connection) throws -> Int {
    let rows = try connection.query(
      "SELECT tollgate.sweep($1::bigint::integer, $2)", [.integer(sweepLimit), .boolean(everywhere)])
    return Int(try rows.integer(0, 0))
  }
}
