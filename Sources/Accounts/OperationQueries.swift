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

  static func sweep(everywhere: Bool, on connection: inout Connection) throws -> Int {
    Int(try connection.query("SELECT tollgate.sweep(everywhere => $1)", [.boolean(everywhere)]).integer(0, 0))
  }
}
