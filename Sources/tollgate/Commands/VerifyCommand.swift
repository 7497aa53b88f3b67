import JSON
import Postgres
import Schema

/// `tollgate verify`: the invariants, looked at in one snapshot.
enum VerifyCommand {
  static let command = Command(
    name: ["verify"], summary: "Check the invariants of a database.",
    help: """
      usage: tollgate verify [--json]

      Runs every check of sql/checks in one read-only snapshot. Exit code 1 when one is violated.
      Environment: DATABASE_DIRECT_URL, or DATABASE_URL: an administrator's connection string.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    var connection = ConnectionSettings(try SettingsReader.read().migratingDatabase, applicationName: "tollgate verify")
    connection.statementTimeoutMilliseconds = 0
    let results = try Auditor(settings: connection).run()
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.name("checks")
        writer.beginArray()
        for result in results { write(result, to: &writer) }
        writer.endArray()
      }
    } else {
      for line in results.flatMap(\.lines) { Terminal.output(line) }
    }
    let violated = results.filter { !$0.holds }
    if !violated.isEmpty { throw CommandFailure("\(violated.count) of \(results.count) checks are violated") }
  }

  private static func write(_ result: CheckResult, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("name", result.name)
    writer.member("invariant", result.invariant)
    writer.member("holds", result.holds)
    writer.name("violations")
    writer.beginArray()
    for violation in result.violations { writer.string(violation) }
    writer.endArray()
    writer.endObject()
  }
}
