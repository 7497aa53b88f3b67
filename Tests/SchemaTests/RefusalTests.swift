import Postgres
import Testbed
import Testing

@testable import Schema

@Suite("What migrating refuses and notices")
struct RefusalTests {
  private static let files = TestFiles.first(adding: [
    ("sql/migrations/0002_table.sql", "SET LOCAL ROLE tollgate_owner; CREATE TABLE tollgate.things (n integer);"),
    ("sql/functions/answer.sql", TestFiles.function("answer", body: "SELECT 1")),
    ("sql/functions/other.sql", TestFiles.function("other", body: "SELECT 2")),
  ])

  /// A database that `files` were applied to.
  private static func withApplied(_ body: @escaping @Sendable (TestDatabase) throws -> Void) async throws {
    try await TestDatabase.with { database in
      _ = try Migrator(settings: database.settings, files: files).up()
      try body(database)
    }
  }

  /// Everything in Tollgate's schema: the same before and after means that nothing was done.
  private static func contents(_ database: TestDatabase) throws -> String? {
    try database.text(
      """
      SELECT concat_ws('|', (SELECT string_agg(oid::text || relname, ' ' ORDER BY oid) FROM pg_class WHERE oid >= 16384),
        (SELECT string_agg(xmin::text || oid, ' ' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
        (SELECT string_agg(m::text, ' ' ORDER BY version) FROM tollgate.schema_migrations AS m),
        (SELECT string_agg(o::text, ' ' ORDER BY path) FROM tollgate.schema_objects AS o),
        (SELECT string_agg(s::text, ' ' ORDER BY object) FROM tollgate.schema_state AS s))
      """)
  }

  /// Expects that `up` and `plan` refuse, and that nothing changes.
  private static func refusal(of files: SchemaFiles, on database: TestDatabase) throws -> SchemaError? {
    let before = try contents(database)
    let migrator = Migrator(settings: database.settings, files: files)
    let error = #expect(throws: SchemaError.self) { try migrator.up() }
    let planned = #expect(throws: SchemaError.self) { try migrator.plan() }
    #expect(planned?.description == error?.description)
    try #expect(contents(database) == before)
    return error
  }

  @Test("an applied migration whose file changed is refused, and nothing pending is done either")
  func changedMigration() async throws {
    try await Self.withApplied { database in
      let changed = TestFiles.adding(
        to: TestFiles.replacing(Self.files, "sql/migrations/0002_table.sql", with: "SELECT 1;"),
        [("sql/migrations/0003_more.sql", "SELECT 1;")])
      let error = try Self.refusal(of: changed, on: database)
      #expect(error?.description.hasPrefix("Migration 2 was changed after it was applied") == true)
      let drift = try Migrator(settings: database.settings, files: changed).verify()
      #expect(drift.contains(Drift(kind: .migrationChanged, subject: "sql/migrations/0002_table.sql")))
      #expect(drift.contains(Drift(kind: .migrationPending, subject: "sql/migrations/0003_more.sql")))
      let states = try Migrator(settings: database.settings, files: changed).status().migrations.map(\.state)
      #expect(states == [.applied, .changed, .pending])
    }
  }

  @Test("an applied migration whose file has another name is refused")
  func renamedMigration() async throws {
    try await Self.withApplied { database in
      let text = Self.files.migrations[1].text
      let renamed = TestFiles.adding(
        to: TestFiles.removing(from: Self.files, "sql/migrations/0002_table.sql"),
        [("sql/migrations/0002_tables.sql", text)])
      guard case .migrationChanged(version: 2, _) = try Self.refusal(of: renamed, on: database) else {
        Issue.record("not refused as changed")
        return
      }
    }
  }

  @Test("line ends of another system are no change")
  func lineEnds() async throws {
    try await Self.withApplied { database in
      let lines = TestFiles.list(Self.files).map { file in
        (file.path, file.text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"))
      }
      try #expect(Migrator(settings: database.settings, files: SchemaFiles(lines)).plan().lines == ["nothing to do"])
    }
  }

  @Test("a migration missing from the files is refused")
  func missingMigration() async throws {
    try await Self.withApplied { database in
      let gap = TestFiles.adding(
        to: TestFiles.removing(from: Self.files, "sql/migrations/0002_table.sql"),
        [("sql/migrations/0003_more.sql", "SELECT 1;")])
      guard case .migrationMissing(version: 2) = try Self.refusal(of: gap, on: database) else {
        Issue.record("not refused as missing")
        return
      }
    }
  }

  @Test("two migrations of one number, and files that belong nowhere, are refused")
  func unreadableFiles() async throws {
    try await Self.withApplied { database in
      let twice = TestFiles.adding(to: Self.files, [("sql/migrations/0002_again.sql", "SELECT 1;")])
      guard case .versionTwice(version: 2) = try Self.refusal(of: twice, on: database) else {
        Issue.record("not refused as double")
        return
      }
      for path in ["sql/function/a.sql", "sql/migrations/3_a.sql", "sql/migrations/+003_a.sql", "sql/functions/a.txt"] {
        let stray = TestFiles.adding(to: Self.files, [(path, "SELECT 1;")])
        guard case .fileUnreadable(path) = try Self.refusal(of: stray, on: database) else {
          Issue.record("\(path) was not refused")
          continue
        }
      }
    }
  }

  @Test("a database with a later migration is refused by the older program")
  func newerDatabase() async throws {
    try await Self.withApplied { database in
      let later = TestFiles.adding(to: Self.files, [("sql/migrations/0003_more.sql", "SELECT 1;")])
      _ = try Migrator(settings: database.settings, files: later).up()
      guard case .databaseNewer(found: "migration 3", known: 2) = try Self.refusal(of: Self.files, on: database) else {
        Issue.record("not refused as newer")
        return
      }
      let drift = try Migrator(settings: database.settings, files: Self.files).verify()
      #expect(drift.contains { $0.kind == .databaseNewer })
      let states = try Migrator(settings: database.settings, files: Self.files).status().migrations.map(\.state)
      #expect(states == [.applied, .applied, .unknown])
    }
  }

  @Test("a database with a function that the program lacks is newer, unless the program has later migrations")
  func unknownObject() async throws {
    try await Self.withApplied { database in
      let without = TestFiles.removing(from: Self.files, "sql/functions/other.sql")
      guard case .databaseNewer(found: "sql/functions/other.sql", _) = try Self.refusal(of: without, on: database)
      else {
        Issue.record("not refused as newer")
        return
      }
      let dropping = TestFiles.adding(
        to: without,
        [("sql/migrations/0003_drop.sql", "SET LOCAL ROLE tollgate_owner; DROP FUNCTION tollgate.other();")])
      let migrator = Migrator(settings: database.settings, files: dropping)
      try #expect(migrator.up().appliedMigrations == ["sql/migrations/0003_drop.sql"])
      try #expect(database.text("SELECT count(*) FROM tollgate.schema_objects") == "1")
      try #expect(migrator.verify() == [])
    }
  }

  @Test("an object whose file changed is applied again, and the others along with it")
  func changedObject() async throws {
    try await Self.withApplied { database in
      let changed = TestFiles.replacing(
        Self.files, "sql/functions/answer.sql", with: TestFiles.function("answer", body: "SELECT 42"))
      let migrator = Migrator(settings: database.settings, files: changed)
      try #expect(migrator.verify() == [Drift(kind: .objectPending, subject: "sql/functions/answer.sql")])
      let plan = try migrator.plan()
      #expect(plan.migrations == [])
      #expect(plan.objects == ["sql/functions/answer.sql"])
      #expect(plan.objectCount == 2)
      try database.script("DROP FUNCTION tollgate.other()")
      let report = try migrator.up()
      #expect(report.changedObjects == ["sql/functions/answer.sql"])
      #expect(report.driftFound == [Drift(kind: .catalogueMissing, subject: "function tollgate.other()")])
      try #expect(database.text("SELECT tollgate.answer() + tollgate.other()") == "44")
      try #expect(migrator.verify() == [])
    }
  }

  @Test("objects are applied after an interruption between a migration and them, though no file changed")
  func interrupted() async throws {
    try await Self.withApplied { database in
      let later = TestFiles.adding(
        to: Self.files,
        [("sql/migrations/0003_drop.sql", "SET LOCAL ROLE tollgate_owner; DROP FUNCTION tollgate.other();")])
      let migration = later.migrations[2]
      // What an interrupted run leaves: the migration and its record.
      var connection = try database.connect()
      try connection.transaction { connection in
        try connection.script(migration.text)
        try Bookkeeping.record(migration, on: &connection)
      }
      let migrator = Migrator(settings: database.settings, files: later)
      try #expect(migrator.verify().contains(Drift(kind: .objectPending, subject: "sql/functions/other.sql")))
      try #expect(migrator.up().appliedMigrations == [])
      try #expect(database.text("SELECT tollgate.other()") == "2")
      try #expect(migrator.verify() == [])
    }
  }

  @Test("planning and asking for the status change nothing, not even in an empty database")
  func planChangesNothing() async throws {
    try await TestDatabase.with { database in
      let migrator = Migrator(settings: database.settings)
      let plan = try migrator.plan()
      #expect(plan.migrations == EmbeddedSchema.migrations.map(\.path))
      #expect(plan.objectCount == EmbeddedSchema.objects.count)
      try #expect(migrator.status().migrations.allSatisfy { $0.state == .pending && $0.appliedAt == nil })
      try #expect(migrator.verify().count == EmbeddedSchema.migrations.count + EmbeddedSchema.objects.count)
      try #expect(database.text("SELECT to_regnamespace('tollgate')") == nil)
      try #expect(database.text("SELECT count(*) FROM pg_class WHERE oid >= 16384") == "0")
    }
    try await Self.withApplied { database in
      let before = try Self.contents(database)
      let later = TestFiles.adding(to: Self.files, [("sql/migrations/0003_more.sql", "SELECT 1;")])
      let migrator = Migrator(settings: database.settings, files: later)
      try #expect(migrator.plan().migrations == ["sql/migrations/0003_more.sql"])
      try #expect(migrator.status().migrations.map(\.state) == [.applied, .applied, .pending])
      try #expect(Self.contents(database) == before)
    }
  }

  @Test("a migration recorded although one before it is not is refused")
  func skippedMigration() async throws {
    try await Self.withApplied { database in
      try database.script("DELETE FROM tollgate.schema_migrations WHERE version = 1")
      guard case .migrationSkipped(version: 1) = try Self.refusal(of: Self.files, on: database) else {
        Issue.record("not refused as skipped")
        return
      }
    }
  }
}
