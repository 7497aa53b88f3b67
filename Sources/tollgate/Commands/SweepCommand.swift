import Accounts
import JSON
import Postgres

/// `tollgate sweep`: what every server does each minute, once and to the end.
enum SweepCommand {
  static let command = Command(
    name: ["sweep"], summary: "Bring balances up to date that nobody has used.",
    help: """
      usage: tollgate sweep [--json]

      Books resets, expired packs and reservations and changes by hand, begins plans whose time has come, and prints how
      many balances and plans it changed. What somebody else has locked is left to them. Servers do this each minute;
      every use does it for its own balance. Then adds what is new in the ledger to the roll-ups, which servers do every
      ten seconds.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    var settings = ConnectionSettings(try SettingsReader.read().servingDatabase, applicationName: "tollgate sweep")
    settings.statementTimeoutMilliseconds = 0
    let (count, rolledUp) = try explaining {
      var connection = try Connection(settings)
      return (try Administration.sweep(on: &connection), try Administration.rollUp(on: &connection))
    }
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("swept", count)
        writer.member("rolledUp", rolledUp)
      }
    } else {
      Terminal.output("swept: \(count)")
      Terminal.output("rolled up: \(rolledUp)")
    }
  }
}
