/// What `migrate up` would do now.
public struct MigrationPlan: Sendable, Equatable {
  /// Paths of migrations, in order.
  public let migrations: [String]
  /// Paths of functions, views and policies that are new, changed, or older than the last migration.
  public let objects: [String]
  /// All functions, views and policies that would be applied along with them; 0 when there is nothing to apply.
  public let objectCount: Int

  init(_ comparison: Comparison, files: SchemaFiles) {
    migrations = comparison.pendingMigrations.map(\.path)
    objects = comparison.pendingObjects.map(\.path)
    objectCount = comparison.appliesObjects ? files.objects.count : 0
  }

  /// For people, one step a line.
  public var lines: [String] {
    guard objectCount > 0 || !migrations.isEmpty else { return ["nothing to do"] }
    let changed = objects.isEmpty ? "" : ", of which \(objects.count) are new, changed or older than a migration:"
    return migrations.map { "would apply \($0), in a transaction of its own" }
      + ["would apply all \(objectCount) functions, views and policies in one transaction\(changed)"]
      + objects.map { "  \($0)" }
  }
}
