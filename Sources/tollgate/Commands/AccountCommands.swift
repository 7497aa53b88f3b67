import Accounts
import Foundation
import JSON
import Postgres
import Tokens

/// A connection of the server's login, as the environment names it.
func connect() throws -> Connection {
  let settings = try SettingsReader.read()
  return try Connection(ConnectionSettings(settings.servingDatabase, applicationName: "tollgate"))
}

/// Changes something in the database as the login that the environment names, and lets the audit log know who typed it.
func administering<Value>(_ work: (inout Connection) throws -> Value) throws -> Value {
  try explaining {
    var connection = try connect()
    return try connection.acting(as: Actor(kind: .database, hint: NSUserName()), work)
  }
}

/// Reads what an administrator may read, as the login that the environment names.
func looking<Value>(_ work: (inout Connection) throws -> Value) throws -> Value {
  try explaining {
    var connection = try connect()
    return try work(&connection)
  }
}

/// The sentence for what Tollgate's own functions refuse (SQLSTATE class TG).
func explaining<Value>(_ work: () throws -> Value) throws -> Value {
  do {
    return try work()
  } catch let error as PostgresError where error.sqlState?.conditionClass == "TG" {
    throw CommandFailure(error.serverMessage ?? "\(error)")
  } catch AdministrationRefusal.notFound {
    throw CommandFailure("there is none with this id; list them to see which there are")
  } catch let error as PostgresError where error.kind == .connectionFailed {
    throw CommandFailure("the database cannot be reached; check DATABASE_URL")
  }
}

private func showIdentifier(_ name: StaticString, _ id: String, asJSON: Bool) {
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
    guard (1...200).contains(name.unicodeScalars.count), name.hasVisibleCharacter else {
      throw UsageError("--name has 1 to 200 characters, and one that can be seen")
    }
    let plan = try arguments.required("--plan")
    let id = try administering { connection in
      try Administration.createOrganization(name: name, plan: plan, on: &connection)
    }
    showIdentifier("organizationId", id.description, asJSON: arguments.has("--json"))
  }
}

/// `tollgate user …`
enum UserCommand {
  static let create = Command(
    name: ["user", "create"], summary: "Make somebody a user of an organization.",
    help: """
      usage: tollgate user create --organization ID [--id ID] [--email EMAIL] [--role viewer|member] [--json]

      Prints the user's id, which is the subject of the user's tokens. --id takes a user that another system made. A
      viewer sees what the organization has; a member, which users are unless told, spends it as well.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--id", "--email", "--role"], flags: ["--json"])
    let role = try arguments["--role"].map(userRole) ?? .member
    guard arguments["--email"]?.hasVisibleCharacter != false else {
      throw UsageError("--email has a character that can be seen; leave it out where there is none")
    }
    let organizationID = try arguments.organization()
    let userID = arguments["--id"].flatMap(UserID.init)
    guard arguments["--id"] == nil || userID != nil else { throw UsageError("--id is not a UUID") }
    let id = try administering { connection in
      try Administration.createUser(
        in: organizationID, email: arguments["--email"], userID: userID, role: role, on: &connection)
    }
    showIdentifier("userId", id.description, asJSON: arguments.has("--json"))
  }

  static let role = Command(
    name: ["user", "role"], summary: "Decide what a user may do in its organization.",
    help: """
      usage: tollgate user role --organization ID --id ID --role viewer|member [--json]

      From the next request on: a viewer sees what the organization has; a member spends it as well.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--id", "--role"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let userID = try arguments.user()
    let role = try userRole(try arguments.required("--role"))
    try administering { connection in
      try Administration.setRole(role, of: userID, in: organizationID, on: &connection)
    }
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("userId", userID.description)
        writer.member("role", role.rawValue)
      }
    } else {
      Terminal.output("\(userID) is a \(role.rawValue) now.")
    }
  }

  static func userRole(_ name: String) throws(UsageError) -> UserRole {
    guard let role = UserRole(rawValue: name) else { throw UsageError("--role is viewer or member") }
    return role
  }
}

extension Arguments {
  /// `--id` of a user, which must be there.
  func user() throws(UsageError) -> UserID {
    guard let userID = UserID(try required("--id")) else { throw UsageError("--id is not a UUID") }
    return userID
  }

  /// `--organization`, which must be there.
  func organization() throws(UsageError) -> OrganizationID {
    guard let organizationID = OrganizationID(try required("--organization")) else {
      throw UsageError("--organization is not a UUID")
    }
    return organizationID
  }
}
