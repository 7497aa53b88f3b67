/// The files below `sql/`, sorted into what they are for.
public struct SchemaFiles: Sendable {
  static let migrationFolder = "sql/migrations/"
  static let functionFolder = "sql/functions/"
  static let checkFolder = "sql/checks/"
  /// In the order of application: views call functions, policies call functions and may read views.
  static let objectFolders = [functionFolder, "sql/views/", "sql/policies/"]
  static let snapshotPath = "sql/schema.snapshot.sql"

  /// By version.
  public let migrations: [Migration]
  /// In the order of application.
  public let objects: [SchemaObject]
  /// By name.
  public let checks: [Check]
  /// Files that are none of the above, or not as they have to be.
  let unreadablePaths: [String]

  /// The files this program was built with.
  public static let embedded = SchemaFiles(embeddedFiles)

  /// - Parameter files: paths that begin with `sql/`, in any order.
  public init(_ files: [(path: String, text: String)]) {
    var migrations: [Migration] = []
    var objects: [[SchemaObject]] = Self.objectFolders.map { _ in [] }
    var checks: [Check] = []
    var unreadable: [String] = []
    for (path, text) in files where path != Self.snapshotPath {
      if path.hasPrefix(Self.migrationFolder), let migration = Migration(path: path, text: text) {
        migrations.append(migration)
      } else if path.hasPrefix(Self.checkFolder), let check = Check(path: path, text: text) {
        checks.append(check)
      } else if let folder = Self.objectFolders.firstIndex(where: { path.hasPrefix($0) }), path.hasSuffix(".sql") {
        objects[folder].append(SchemaObject(path: path, text: text))
      } else {
        unreadable.append(path)
      }
    }
    self.migrations = migrations.sorted { ($0.version, $0.path) < ($1.version, $1.path) }
    self.objects = objects.flatMap { folder in folder.sorted { $0.path < $1.path } }
    self.checks = checks.sorted { $0.name < $1.name }
    unreadablePaths = unreadable.sorted()
  }

  /// The highest version; 0 without migrations.
  public var latestVersion: Int { migrations.last?.version ?? 0 }

  /// Throws where a file is not what its folder is for, or the migrations are not numbered 1, 2, 3 ….
  func validate() throws(SchemaError) {
    if let path = unreadablePaths.first { throw .fileUnreadable(path: path) }
    for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
      if migration.version <= index { throw .versionTwice(version: migration.version) }
      throw .migrationMissing(version: index + 1)
    }
  }
}
