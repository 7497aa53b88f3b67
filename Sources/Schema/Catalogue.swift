import Postgres

/// The live catalogue of what is Tollgate's: each object's name with a hash of its definition, owner and privileges.
///
/// Tollgate's are schema tollgate and what tollgate_owner, or one of the four well-known names, has in public.
/// Partitions are left out, because they come and go.
struct Catalogue: Sendable, Equatable {
  /// By the object's name, such as `function tollgate.schema_level()`.
  var checksums: [String: String] = [:]

  static func readLive(_ connection: inout Connection) throws -> Catalogue {
    try Catalogue(reading: Statement("SELECT object, \(hash) FROM (\(listing)) AS listed"), on: &connection)
  }

  /// What the last `up` left.
  static func readRecorded(_ connection: inout Connection) throws -> Catalogue {
    try Catalogue(reading: "SELECT object, checksum FROM tollgate.schema_state", on: &connection)
  }

  /// Records the live catalogue as what `up` left.
  static func record(on connection: inout Connection) throws {
    _ = try connection.query("DELETE FROM tollgate.schema_state")
    _ = try connection.query(
      Statement(
        "INSERT INTO tollgate.schema_state (object, checksum) SELECT object, \(hash) FROM (\(listing)) AS listed"))
  }

  private init(reading statement: Statement, on connection: inout Connection) throws {
    let rows = try connection.query(statement)
    for row in 0..<rows.count { checksums[try rows.string(row, 0)] = try rows.string(row, 1) }
  }

  /// What differs from `recorded`, by name.
  func drift(from recorded: Catalogue) -> [Drift] {
    Set(checksums.keys).union(recorded.checksums.keys).sorted().compactMap { object in
      switch (checksums[object], recorded.checksums[object]) {
      case (let live?, let known?): live == known ? nil : Drift(kind: .catalogueChanged, subject: object)
      case (_?, nil): Drift(kind: .catalogueAdded, subject: object)
      default: Drift(kind: .catalogueMissing, subject: object)
      }
    }
  }
}
