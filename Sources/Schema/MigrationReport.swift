/// What `migrate up` did.
public struct MigrationReport: Sendable, Equatable {
  /// Paths of the migrations applied, in order.
  public internal(set) var appliedMigrations: [String] = []
  /// Paths of the functions, views and policies that were new or changed; all others were applied along with them.
  public internal(set) var changedObjects: [String] = []
  /// Partitions made ahead.
  public internal(set) var partitionsMade: Int = 0
  /// What had been changed by hand since the last `up`. It is reported here because from now on it counts as known,
  /// except where a file has put it right.
  public internal(set) var driftFound: [Drift] = []
  /// The version the database has now.
  public internal(set) var version: Int = 0

  /// For people, one fact a line.
  public var lines: [String] {
    var lines = driftFound.map { "found: \($0.line)" }
    lines += appliedMigrations.map { "applied \($0)" }
    lines += changedObjects.map { "applied \($0)" }
    if partitionsMade > 0 { lines.append("made \(partitionsMade) partitions") }
    if appliedMigrations.isEmpty && changedObjects.isEmpty { lines.append("nothing to do") }
    lines.append("the schema is at version \(version)")
    return lines
  }
}
