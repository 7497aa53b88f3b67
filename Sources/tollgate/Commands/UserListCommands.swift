import API
import Accounts
import JSON
import Tokens

extension UserCommand {
  static let list = Command(
    name: ["user", "list"], summary: "List users.",
    help: """
      usage: tollgate user list [--organization ID] [--search TEXT] [--json]

      A line for each user, newest first: the id, the organization, role and email. TEXT is the id, or how the email
      begins. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--search"], flags: ["--json"])
    let organizationID = arguments["--organization"] == nil ? nil : try arguments.organization()
    try looking { connection in
      var last: ListPlace<User>?
      repeat {
        let page = try Administration.users(
          of: organizationID, search: arguments["--search"], behind: last, limit: pageLimit, on: &connection)
        for user in page {
          if arguments.has("--json") { Terminal.outputObject(user.write) } else { Terminal.output(user.line) }
        }
        last = page.count < pageLimit ? nil : page.last?.place
      } while last != nil
    }
  }

  static let remove = Command(
    name: ["user", "remove"], summary: "End somebody's membership of an organization.",
    help: """
      usage: tollgate user remove --organization ID --id ID [--json]

      From the next request on. What they spent stays in the ledger under their id.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--id"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let userID = try arguments.user()
    try administering { connection in
      try Administration.removeUser(userID, of: organizationID, on: &connection)
    }
    guard !arguments.has("--json") else {
      return Terminal.outputObject { writer in
        writer.member("userId", userID.description)
        writer.member("organizationId", organizationID.description)
      }
    }
    Terminal.output("\(userID) is no user of \(organizationID) any more.")
  }

  /// Users that are read at once.
  private static let pageLimit = 500
}

extension UserDetails {
  /// For people.
  fileprivate var line: String {
    "\(id) of \(organizationID), \(role.rawValue), \(email.map(Terminal.quoted) ?? "no email")"
  }
}
