/// Which migrations and objects a database has.
public struct MigrationStatus: Sendable, Equatable {
  /// A migration, known to this program or to the database.
  public struct Entry: Sendable, Equatable {
    public enum State: String, Sendable {
      case applied, pending
      /// Applied, and its file has another content or name now.
      case changed
      /// Applied, and not known to this program.
      case unknown
    }

    public let version: Int
    public let name: String
    public let state: State
    /// RFC 3339, UTC; nil while pending.
    public let appliedAt: String?
  }

  /// By version.
  public let migrations: [Entry]
  /// Paths of functions, views and policies that are new, changed, or older than the last migration.
  public let pendingObjects: [String]

  init(files: SchemaFiles, bookkeeping: Bookkeeping) {
    let comparison = Comparison(files: files, bookkeeping: bookkeeping)
    let applied = Dictionary(bookkeeping.migrations.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
    let known = files.migrations.map { migration in
      let found = applied[migration.version]
      let isSame = found.map { $0.checksum == migration.checksum && $0.name == migration.name }
      return Entry(
        version: migration.version, name: migration.name,
        state: isSame.map { $0 ? .applied : .changed } ?? .pending, appliedAt: found?.appliedAt)
    }
    let unknown = bookkeeping.migrations.filter { $0.version > files.latestVersion }
    migrations =
      known
      + unknown.map {
        Entry(version: $0.version, name: $0.name, state: .unknown, appliedAt: $0.appliedAt)
      }
    pendingObjects = comparison.pendingObjects.map(\.path) + comparison.droppedObjectPaths
  }

  /// For people, one migration or changed file a line.
  public var lines: [String] {
    migrations.map { entry in
      let digits = String(entry.version)
      let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      return "\(number)_\(entry.name): \(entry.state.rawValue)" + (entry.appliedAt.map { " (applied \($0))" } ?? "")
    } + pendingObjects.map { "\($0): pending" }
  }
}
