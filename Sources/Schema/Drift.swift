/// One way in which a database is not what this program's `migrate up` would leave.
public struct Drift: Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// A migration is not applied yet.
    case migrationPending
    /// An applied migration's file has another content or name, or one was skipped.
    case migrationChanged
    /// The database knows more than this program.
    case databaseNewer
    /// A function's, view's or policy's file is not applied in its present text.
    case objectPending
    /// The catalogue has something that `up` did not leave.
    case catalogueAdded
    /// Something in the catalogue is not as `up` left it.
    case catalogueChanged
    /// Something that `up` left is gone.
    case catalogueMissing
  }

  public let kind: Kind
  /// The file or object it is about, such as `function tollgate.schema_level()`.
  public let subject: String

  public init(kind: Kind, subject: String) {
    self.kind = kind
    self.subject = subject
  }

  /// One line for people.
  public var line: String {
    switch kind {
    case .migrationPending: "\(subject) is not applied"
    case .migrationChanged: "\(subject) is not what was applied"
    case .databaseNewer: "\(subject) is known to the database and not to this program"
    case .objectPending: "\(subject) is not applied in its present text"
    case .catalogueAdded: "\(subject) was added by hand"
    case .catalogueChanged: "\(subject) was changed by hand"
    case .catalogueMissing: "\(subject) was removed by hand"
    }
  }
}

extension Comparison {
  /// What the files alone give away.
  var drift: [Drift] {
    let refused = refusals.map { refusal in
      switch refusal {
      case .migrationChanged(_, let path): Drift(kind: .migrationChanged, subject: path)
      case .databaseNewer(let found, _): Drift(kind: .databaseNewer, subject: found)
      case .migrationSkipped(let version): Drift(kind: .migrationChanged, subject: "migration \(version)")
      default: Drift(kind: .migrationChanged, subject: refusal.description)
      }
    }
    return refused + pendingMigrations.map { Drift(kind: .migrationPending, subject: $0.path) }
      + (pendingObjects.map(\.path) + droppedObjectPaths).map { Drift(kind: .objectPending, subject: $0) }
  }
}
