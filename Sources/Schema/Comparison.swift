/// The program's files beside what a database says it has: what is to be done, and whether it may be done.
struct Comparison: Sendable {
  /// In order.
  let pendingMigrations: [Migration]
  /// Files that are new, changed, or older than the last migration.
  let pendingObjects: [SchemaObject]
  /// Recorded files that this program, having later migrations, no longer has.
  let droppedObjectPaths: [String]
  /// Why nothing may be done: the first is what `up` refuses with.
  let refusals: [SchemaError]

  init(files: SchemaFiles, bookkeeping: Bookkeeping) {
    var refusals: [SchemaError] = []
    let latest = files.latestVersion
    let applied = Dictionary(bookkeeping.migrations.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
    if bookkeeping.version > latest {
      refusals.append(.databaseNewer(found: "migration \(bookkeeping.version)", known: latest))
    }
    for migration in files.migrations {
      guard let found = applied[migration.version] else {
        if migration.version < bookkeeping.version { refusals.append(.migrationSkipped(version: migration.version)) }
        continue
      }
      if found.checksum != migration.checksum || found.name != migration.name {
        refusals.append(.migrationChanged(version: migration.version, path: migration.path))
      }
    }

    let paths = Set(files.objects.map(\.path))
    let unknown = bookkeeping.objects.filter { !paths.contains($0.path) }
    // Applied with all the migrations we know, or more, and yet not ours: a later program put it there.
    for object in unknown where object.version >= latest {
      refusals.append(.databaseNewer(found: object.path, known: latest))
    }
    let recorded = Dictionary(bookkeeping.objects.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

    self.refusals = refusals
    pendingMigrations = files.migrations.filter { $0.version > bookkeeping.version }
    pendingObjects = files.objects.filter { object in
      guard let found = recorded[object.path] else { return true }
      return found.checksum != object.checksum || found.version < bookkeeping.version
    }
    droppedObjectPaths = unknown.filter { $0.version < latest }.map(\.path)
  }

  /// Whether the functions, views and policies are to be applied, which is then done for all of them: a migration, or
  /// one changed object, may have taken others with it.
  var appliesObjects: Bool {
    !pendingMigrations.isEmpty || !pendingObjects.isEmpty || !droppedObjectPaths.isEmpty
  }

  func refuse() throws(SchemaError) {
    if let refusal = refusals.first { throw refusal }
  }
}
