import Cluster
import Locking
import Postgres
import Testbed
import Testing

@testable import Schema

@Suite("Migrating")
struct MigratorTests {
  @Test("an empty database is brought to the latest version, and a second run finds nothing to do")
  func fromNothing() async throws {
    try await TestDatabase.with { database in
      let migrator = Migrator(settings: database.settings)
      let first = try migrator.up()
      #expect(first.appliedMigrations == EmbeddedSchema.migrations.map(\.path))
      #expect(first.changedObjects == EmbeddedSchema.objects.map(\.path))
      #expect(first.partitionsMade > 0)
      #expect(first.driftFound == [])
      try #expect(database.text("SELECT tollgate.schema_level()") == String(EmbeddedSchema.latestVersion))
      try #expect(migrator.verify() == [])

      let second = try migrator.up()
      #expect(second.lines == ["nothing to do", "the schema is at version \(EmbeddedSchema.latestVersion)"])
      try #expect(migrator.plan().lines == ["nothing to do"])
    }
  }

  @Test("the bookkeeping is the owner's, and nobody else may touch it")
  func bookkeepingIsClosed() async throws {
    try await TestDatabase.withMigrated { database in
      let strangers = """
        SELECT count(*)
        FROM pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) AS privilege
        WHERE relnamespace = 'tollgate'::regnamespace AND relname IN ('schema_migrations', 'schema_objects', 'schema_state')
          AND (relowner <> 'tollgate_owner'::regrole OR privilege.grantee <> relowner)
        """
      try #expect(database.text(strangers) == "0")
      try #expect(database.text("SELECT count(*) FROM tollgate.schema_state") != "0")
    }
  }

  @Test("only the server and the service role may ask for the schema's level")
  func schemaLevelIsClosed() async throws {
    try await TestDatabase.withMigrated { database in
      let may = """
        SELECT string_agg(rolname, ' ' ORDER BY rolname)
        FROM pg_roles
        WHERE has_function_privilege(oid, 'tollgate.schema_level()', 'EXECUTE')
          AND rolname IN ('anon', 'authenticated', 'service_role', 'tollgate_server')
        """
      try #expect(database.text(may) == "service_role tollgate_server")
    }
  }

  @Test("of two that migrate at once one does the work, the other waits, and both succeed")
  func twoAtOnce() async throws {
    try await TestDatabase.with { database in
      let settings = database.settings
      let reports = Mutex<[Result<MigrationReport, any Error>]>([])
      let threads = TestThreads()
      for _ in 0..<2 {
        threads.startThread {
          let result = Result { try Migrator(settings: settings).up() as MigrationReport }
          reports.withLock { $0.append(result.mapError { $0 as any Error }) }
        }
      }
      threads.waitForThreads()
      let counts = try reports.withLock { $0 }.map { try $0.get().appliedMigrations.count }
      #expect(counts.sorted() == [0, EmbeddedSchema.migrations.count])
      try #expect(Migrator(settings: settings).verify() == [])
    }
  }

  @Test("who cannot get the lock in time says so and does nothing")
  func lockTimeout() async throws {
    try await TestDatabase.with { database in
      var holder = try database.connect()
      try MigrationLock.acquire(on: &holder, timeoutSeconds: 0)
      let error = #expect(throws: SchemaError.self) {
        try Migrator(settings: database.settings, lockTimeoutSeconds: 0.1).up()
      }
      guard case .lockTimeout = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      try #expect(database.text("SELECT to_regnamespace('tollgate')") == nil)
      try MigrationLock.release(on: &holder)
      try #expect(Migrator(settings: database.settings).up().appliedMigrations.count == EmbeddedSchema.migrations.count)
    }
  }

  @Test("a failing migration leaves nothing of itself, and those before it stay")
  func failingMigration() async throws {
    try await TestDatabase.with { database in
      let files = TestFiles.first(
        adding: [
          ("sql/migrations/0002_good.sql", "SET LOCAL ROLE tollgate_owner; CREATE TABLE tollgate.good (n integer);"),
          (
            "sql/migrations/0003_bad.sql",
            "SET LOCAL ROLE tollgate_owner; CREATE TABLE tollgate.bad (n integer); SELECT 1 / 0;"
          ),
        ])
      let migrator = Migrator(settings: database.settings, files: files)
      let error = #expect(throws: SchemaError.self) { try migrator.up() }
      #expect(error?.sqlState == .divisionByZero)
      #expect(error?.description.contains("sql/migrations/0003_bad.sql") == true)
      try #expect(database.text("SELECT to_regclass('tollgate.good')") != nil)
      try #expect(database.text("SELECT to_regclass('tollgate.bad')") == nil)
      try #expect(database.text("SELECT max(version) FROM tollgate.schema_migrations") == "2")
      // What is corrected is taken up where it stopped.
      let corrected = TestFiles.replacing(files, "sql/migrations/0003_bad.sql", with: "SELECT 1;")
      let report = try Migrator(settings: database.settings, files: corrected).up()
      #expect(report.appliedMigrations == ["sql/migrations/0003_bad.sql"])
    }
  }

  @Test("a first migration that fails leaves no schema behind")
  func failingFirstMigration() async throws {
    try await TestDatabase.with { database in
      let files = SchemaFiles([("sql/migrations/0001_bad.sql", "CREATE TABLE public.bad (n integer); SELECT 1 / 0;")])
      #expect(throws: SchemaError.self) { try Migrator(settings: database.settings, files: files).up() }
      try #expect(database.text("SELECT to_regnamespace('tollgate')") == nil)
      try #expect(database.text("SELECT to_regclass('public.bad')") == nil)
    }
  }

  @Test("a migration that ends its own transaction is refused")
  func ownTransaction() async throws {
    try await TestDatabase.with { database in
      let files = TestFiles.first(adding: [("sql/migrations/0002_commits.sql", "COMMIT; SELECT 1;")])
      let error = #expect(throws: SchemaError.self) { try Migrator(settings: database.settings, files: files).up() }
      guard case .transactionEnded(path: "sql/migrations/0002_commits.sql") = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("a function whose body has a mistake is refused, although it is made before what it calls")
  func badBody() async throws {
    try await TestDatabase.with { database in
      let files = TestFiles.first(adding: [
        ("sql/functions/a.sql", TestFiles.function("a", body: "SELECT tollgate.b()")),
        ("sql/functions/b.sql", TestFiles.function("b", body: "SELECT 1")),
      ])
      try #expect(Migrator(settings: database.settings, files: files).up().changedObjects.count == 2)
      let wrong = TestFiles.replacing(
        files, "sql/functions/a.sql", with: TestFiles.function("a", body: "SELECT tollgate.c()"))
      let error = #expect(throws: SchemaError.self) { try Migrator(settings: database.settings, files: wrong).up() }
      #expect(error?.sqlState == .undefinedFunction)
      try #expect(database.text("SELECT tollgate.a()") == "1")
    }
  }

  @Test("a step that meets somebody's lock is taken once the lock is gone")
  func lockedTable() async throws {
    try await TestDatabase.with { database in
      let files = TestFiles.first(adding: [
        ("sql/migrations/0002_table.sql", "SET LOCAL ROLE tollgate_owner; CREATE TABLE tollgate.busy (n integer);")
      ])
      _ = try Migrator(settings: database.settings, files: files).up()
      let more = TestFiles.adding(
        to: files,
        [("sql/migrations/0003_column.sql", "SET LOCAL ROLE tollgate_owner; ALTER TABLE tollgate.busy ADD m integer;")])
      var settings = database.settings
      settings.lockTimeoutMilliseconds = 50
      let migrating = settings
      let failure = Mutex<(any Error)?>(nil)
      let threads = TestThreads()
      var holder = try database.connect()
      try holder.script("BEGIN; LOCK TABLE tollgate.busy IN ACCESS SHARE MODE")
      threads.startThread {
        do { _ = try Migrator(settings: migrating, files: more).up() } catch { failure.withLock { $0 = error } }
      }
      // Until it has been seen waiting, giving up, and waiting again; or has failed.
      var observer = try database.connect()
      for isAwaited in [true, false, true] {
        var isWaiting = !isAwaited
        while isWaiting != isAwaited, failure.withLock({ $0 == nil }) {
          let rows = try observer.query(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tollgate.busy'::regclass")
          isWaiting = try rows.integer(0, 0) > 0
        }
      }
      try holder.script("COMMIT")
      threads.waitForThreads()
      #expect(failure.withLock { $0 } == nil)
      try #expect(database.text("SELECT max(version) FROM tollgate.schema_migrations") == "3")
    }
  }

  @Test("without an administrator's rights nothing is done, and the error says what is needed")
  func notPermitted() async throws {
    try await TestDatabase.withMigrated { database in
      let role = "visitor_of_\(database.name)"
      try database.script("CREATE ROLE \(role)")
      var settings = ConnectionSettings(database.url + "?options=-c%20role%3D\(role)")
      settings.applicationName = "schema-tests"
      let visitor = settings
      defer { try? database.script("DROP ROLE \(role)") }
      for attempt in [{ _ = try Migrator(settings: visitor).up() }, { _ = try Auditor(settings: visitor).run() }] {
        let error = #expect(throws: SchemaError.self) { try attempt() }
        guard case .administratorNeeded = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(error?.description.contains("superuser") == true)
      }
    }
  }

  @Test("an owner of the database who may make roles, but is no superuser, can migrate it where the roles exist")
  func ownerOfTheDatabase() async throws {
    try await TestDatabase.withMigrated { _ in
      // The cluster has the roles now; this database is another's.
    }
    try await TestDatabase.with { database in
      let role = "owner_of_\(database.name)"
      try database.script("CREATE ROLE \(role) CREATEROLE; ALTER DATABASE \(database.name) OWNER TO \(role)")
      defer {
        try? database.script(
          """
          ALTER DATABASE \(database.name) OWNER TO CURRENT_USER;
          REASSIGN OWNED BY \(role) TO CURRENT_USER;
          DROP OWNED BY \(role);
          DROP ROLE \(role);
          """)
      }
      let settings = ConnectionSettings(database.url + "?options=-c%20role%3D\(role)")
      let migrator = Migrator(settings: settings)
      try #expect(migrator.up().appliedMigrations.count == EmbeddedSchema.migrations.count)
      try #expect(migrator.verify() == [])
      try #expect(Auditor(settings: database.settings).run().flatMap(\.violations) == [])
    }
  }

  @Test("a server that is not there is said so, without the password")
  func noServer() async throws {
    try await onOwnThread {
      let settings = ConnectionSettings("postgres://somebody:geheim@127.0.0.1:1/nowhere")
      let error = #expect(throws: SchemaError.self) { try Migrator(settings: settings).status() }
      #expect(error?.description.hasPrefix("There is no connection to PostgreSQL") == true)
      #expect(error.map { "\($0) \(String(reflecting: $0))".contains("geheim") } == false)
    }
  }

  @Test("plan and status are readable lines")
  func lines() async throws {
    try await TestDatabase.with { database in
      let files = TestFiles.first(adding: [
        ("sql/functions/a.sql", TestFiles.function("a", body: "SELECT 1"))
      ])
      let migrator = Migrator(settings: database.settings, files: files)
      let first = try migrator.plan().lines
      #expect(
        first == [
          "would apply sql/migrations/0001_roles_and_schemas.sql, in a transaction of its own",
          "would apply all 1 functions, views and policies in one transaction, of which 1 are new, changed or older than a migration:",
          "  sql/functions/a.sql",
        ])
      try #expect(migrator.up().appliedMigrations.count == 1)
      let more = TestFiles.adding(to: files, [("sql/migrations/0002_more.sql", "SELECT 1;")])
      let status = try Migrator(settings: database.settings, files: more).status().lines
      #expect(status.count == 2)
      #expect(status.first?.hasPrefix("0001_roles_and_schemas: applied (applied 20") == true)
      #expect(status.last == "0002_more: pending")
    }
  }
}
