import API
import Accounts
import JSON
import Tokens

extension OrganizationCommand {
  static let list = Command(
    name: ["org", "list"], summary: "List organizations with what they have.",
    help: """
      usage: tollgate org list [--search TEXT] [--plan PLAN] [--status active|suspended] [--near-limit]
                               [--sort created|name|used|available] [--json]

      A line for each organization, newest first unless sorted: its id, plan, status, tokens left and allocated, state,
      and name. TEXT is how the name or the id begins. --near-limit shows those alone with a balance that is critical or
      exhausted. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--search", "--plan", "--status", "--sort"], flags: ["--near-limit", "--json"])
    let filter = try arguments.organizationFilter()
    try looking { connection in
      var last: ListPlace<Organization>?
      repeat {
        let page = try Administration.organizations(filter, behind: last, limit: pageLimit, on: &connection)
        for account in page {
          if arguments.has("--json") { Terminal.outputObject(account.write) } else { Terminal.output(account.line) }
        }
        last = page.count < pageLimit ? nil : page.last?.place
      } while last != nil
    }
  }

  static let show = Command(
    name: ["org", "show"], summary: "Show an organization with its balances.",
    help: """
      usage: tollgate org show --organization ID [--json]

      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--json"])
    let id = try arguments.organization()
    guard let account = try looking({ try Administration.organization(id, on: &$0) }) else {
      throw CommandFailure("There is no such organization.")
    }
    guard !arguments.has("--json") else { return Terminal.outputObject(account.write) }
    Terminal.output(account.line)
    for balance in account.balances { Terminal.output(balance.line) }
  }

  /// Organizations that are read at once.
  private static let pageLimit = 500
}

extension Arguments {
  fileprivate func organizationFilter() throws(UsageError) -> OrganizationFilter {
    let order = OrganizationFilter.Order(rawValue: self["--sort"] ?? OrganizationFilter.Order.created.rawValue)
    guard let order else { throw UsageError("--sort is created, name, used or available") }
    let status = self["--status"].map(OrganizationStatus.init(rawValue:))
    if case .some(.none) = status { throw UsageError("--status is active or suspended") }
    return OrganizationFilter(
      search: self["--search"], plan: self["--plan"], status: status ?? nil, isNearLimit: has("--near-limit"),
      order: order)
  }
}

extension OrganizationAccount {
  private var standing: String {
    switch suspendedFor {
    case nil: details.status.rawValue
    case .payment?: "suspended for a payment"
    case .administrator?: "suspended by an administrator"
    }
  }

  /// For people.
  fileprivate var line: String {
    """
    \(details.id) \(details.plan ?? "no plan"), \(standing), \(totalBalance) of \(totalAllocated) tokens \
    left, \(state.rawValue), \(Terminal.quoted(details.name))
    """
  }
}

extension Balance {
  /// For people.
  fileprivate var line: String {
    """
    \(tokenType): \(available) available of \(allocated), \(used) used, \(state.rawValue), \
    resets \(Timestamp.text(refreshDateMicroseconds))
    """
  }
}
