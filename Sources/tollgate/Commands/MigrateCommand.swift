import JSON
import Postgres
import Schema

/// `tollgate migrate …`: the schema of a database, from the files in this binary.
enum MigrateCommand {
  private static let environment = """
    Environment: DATABASE_DIRECT_URL, or DATABASE_URL: an administrator's connection string.
    """

  static let up = Command(
    name: ["migrate", "up"], summary: "Bring a database's schema up to date.",
    help: """
      usage: tollgate migrate up [--json]

      Applies pending migrations, then functions, views and policies that have changed. Several at once are fine: one
      works, the others wait and find nothing to do.
      \(environment)
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let report = try migrator().up()
    show(arguments, report.lines) { writer in
      writer.member("version", report.version)
      list("appliedMigrations", report.appliedMigrations, &writer)
      list("changedObjects", report.changedObjects, &writer)
    }
  }

  static let status = Command(
    name: ["migrate", "status"], summary: "Show which migrations a database has.",
    help: """
      usage: tollgate migrate status [--json]

      \(environment)
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let status = try migrator().status()
    show(arguments, status.lines) { writer in
      writer.name("migrations")
      writer.beginArray()
      for entry in status.migrations {
        writer.beginObject()
        writer.member("version", entry.version)
        writer.member("name", entry.name)
        writer.member("state", entry.state.rawValue)
        writer.member("appliedAt", entry.appliedAt)
        writer.endObject()
      }
      writer.endArray()
      list("pendingObjects", status.pendingObjects, &writer)
    }
  }

  static let plan = Command(
    name: ["migrate", "plan"], summary: "Show what `migrate up` would do.",
    help: """
      usage: tollgate migrate plan [--json]

      Changes nothing.
      \(environment)
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let plan = try migrator().plan()
    show(arguments, plan.lines) { writer in
      list("migrations", plan.migrations, &writer)
      list("objects", plan.objects, &writer)
    }
  }

  static let verify = Command(
    name: ["migrate", "verify"], summary: "Check that a database is what `migrate up` left.",
    help: """
      usage: tollgate migrate verify [--json]

      Exit code 1 when something is pending, a file has changed, or somebody changed the schema by hand.
      \(environment)
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let drift = try migrator().verify()
    show(arguments, drift.isEmpty ? ["The schema is what it should be."] : drift.map(\.line)) { writer in
      list("drift", drift.map(\.line), &writer)
    }
    if !drift.isEmpty { throw CommandFailure("the schema differs in \(drift.count) places") }
  }

  private static func migrator() throws -> Migrator {
    Migrator(
      settings: ConnectionSettings(try SettingsReader.read().migratingDatabase, applicationName: "tollgate migrate"))
  }

  private static func list(_ name: String, _ texts: [String], _ writer: inout JSONWriter) {
    writer.name(name)
    writer.beginArray()
    for text in texts { writer.string(text) }
    writer.endArray()
  }

  private static func show(_ arguments: Arguments, _ lines: [String], _ members: (inout JSONWriter) -> Void) {
    if arguments.has("--json") {
      Terminal.outputObject(members)
    } else {
      for line in lines { Terminal.output(line) }
    }
  }
}
