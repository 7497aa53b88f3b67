import Accounts
import JSON
import Postgres
import Tokens

/// A connection of the server's login, as the environment names it.
func connect() throws -> Connection {
  let settings = try SettingsReader.read()
  return try Connection(ConnectionSettings(settings.servingDatabase, applicationName: "tollgate"))
}

/// The sentence for what Tollgate's own functions refuse (SQLSTATE class TG).
func explaining<Value>(_ work: () throws -> Value) throws -> Value {
  do {
    return try work()
  } catch let error as PostgresError where error.sqlState?.conditionClass == "TG" {
    throw CommandFailure(error.serverMessage ?? "\(error)")
  } catch let error as PostgresError where error.kind == .connectionFailed {
    throw CommandFailure("the database cannot be reached; check DATABASE_URL")
  }
}

private func show(_ name: StaticString, _ id: String, asJSON: Bool) {
  if asJSON { Terminal.outputObject { $0.member(name, id) } } else { Terminal.output(id) }
}

/// `tollgate org …`
enum OrganizationCommand {
  static let create = Command(
    name: ["org", "create"], summary: "Make an organization with its plan's balances.",
    help: """
      usage: tollgate org create --name NAME --plan PLAN [--json]

      Prints the new organization's id. Plans are rows of tollgate.plans: starter, pro, enterprise.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--name", "--plan"], flags: ["--json"])
    let name = try arguments.required("--name")
    guard (1...200).contains(name.unicodeScalars.count) else { throw UsageError("--name has 1 to 200 characters") }
    let plan = try arguments.required("--plan")
    let id = try explaining {
      var connection = try connect()
      return try Administration.createOrganization(name: name, plan: plan, on: &connection)
    }
    show("organizationId", id.description, asJSON: arguments.has("--json"))
  }
}

/// `tollgate user …`
enum UserCommand {
  static let create = Command(
    name: ["user", "create"], summary: "Make a user a member of an organization.",
    help: """
      usage: tollgate user create --organization ID [--id ID] [--email EMAIL] [--json]

      Prints the user's id, which is the subject of the user's tokens. --id takes a user that another system made.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--id", "--email"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let userID = arguments["--id"].flatMap(UserID.init)
    guard arguments["--id"] == nil || userID != nil else { throw UsageError("--id is not a UUID") }
    let id = try explaining {
      var connection = try connect()
      return try Administration.createUser(
        in: organizationID, email: arguments["--email"], userID: userID, on: &connection)
    }
    show("userId", id.description, asJSON: arguments.has("--json"))
  }
}

extension Arguments {
  /// `--organization`, which must be there.
  func organization() throws(UsageError) -> OrganizationID {
    guard let organizationID = OrganizationID(try required("--organization")) else {
      throw UsageError("--organization is not a UUID")
    }
    return organizationID
  }
}
