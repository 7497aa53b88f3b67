import Cluster
import Locking
import Postgres
import Testbed
import Testing

@testable import Schema

/// A database with the setting, in which one violation after the other is planted and rolled back.
///
/// The setting ages: what it leaves open is a violation itself once its time is over. So a new one takes the place of one
/// that is five minutes old.
struct PlantingGround: ~Copyable {
  private let database: TestDatabase
  private let auditor: Auditor
  private var connection: Connection
  private let began = ContinuousClock.now

  /// Makes one in which every check holds. Blocks.
  private init() throws {
    let database = try TestDatabase.makeMigrated()
    try database.script(PlantedViolation.setting)
    let auditor = Auditor(settings: database.settings)
    var connection = try Connection(auditor.settings)
    let before = try connection.transaction { try auditor.results(on: &$0) }
    try #require(before.flatMap(\.violations) == [])
    self.database = database
    self.auditor = auditor
    self.connection = connection
  }

  private static let newest = Mutex<PlantingGround?>(nil)

  /// Lends the newest to one at a time, on a thread that may block. The last one goes with the cluster.
  static func lend(_ body: @escaping @Sendable (Auditor, inout Connection) throws -> Void) async throws {
    try await onOwnThread {
      try newest.withLock { newest in
        var ground = try newest.take() ?? PlantingGround()
        if ground.began.duration(to: .now) > .seconds(300) {
          try ground.database.drop()
          ground = try PlantingGround()
        }
        try body(ground.auditor, &ground.connection)
        newest = consume ground
      }
    }
  }
}
