import API
import Accounts
import JSON
import Tokens

/// `tollgate budget …`
enum BudgetCommand {
  static let list = Command(
    name: ["budget", "list"], summary: "List how full all organizations' content budgets are.",
    help: """
      usage: tollgate budget list [--sort percentUsed|newest] [--json]

      A line for each organization, those first that have used most of their budget: its id, percent and tokens used,
      level, and name. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--sort"], flags: ["--json"])
    guard let order = ContentBudgetOrder(rawValue: arguments["--sort"] ?? ContentBudgetOrder.percentUsed.rawValue)
    else { throw UsageError("--sort is percentUsed or newest") }
    try explaining {
      var connection = try connect()
      var last: OrganizationID?
      repeat {
        let page = try Administration.contentBudgets(by: order, behind: last, limit: pageLimit, on: &connection)
        for account in page {
          if arguments.has("--json") { Terminal.outputObject(account.write) } else { Terminal.output(account.line) }
        }
        last = page.count < pageLimit ? nil : page.last?.organizationID
      } while last != nil
    }
  }

  static let set = Command(
    name: ["budget", "set"], summary: "Change an organization's content budget.",
    help: """
      usage: tollgate budget set --organization ID [--level LEVEL] [--tokens TOKENS] [--automatic yes|no]
                                 [--counter NAME] [--json]

      Changes what is given. LEVEL is of tollgate.content_levels, 1 to 4 unless changed, or 0 for none; it takes TOKENS
      away that were set before. TOKENS hold instead of the level's. With --automatic yes attributes are deactivated,
      least used first, when a change makes them more than the budget. NAME is of tollgate.token_counters, and has
      everything counted anew.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--level", "--tokens", "--automatic", "--counter"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let change = try arguments.contentBudgetChange()
    let changed = try administering { connection in
      try Administration.changeContentBudget(of: organizationID, by: change, on: &connection)
    }
    if arguments.has("--json") {
      Terminal.outputObject(changed.write)
    } else {
      Terminal.output(changed.account.line)
    }
  }

  static let level = Command(
    name: ["budget", "level"], summary: "Change how many tokens a content level has.",
    help: """
      usage: tollgate budget level --level LEVEL --tokens TOKENS [--json]

      For all organizations of that level: of those that are configured so, attributes are deactivated, least used first,
      until the rest fits. LEVEL is of tollgate.content_levels. Prints how many organizations have it, and how many of
      their attributes were deactivated.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--level", "--tokens"], flags: ["--json"])
    let change = try arguments.contentBudgetChange()
    guard let level = change.level, level > 0, let tokens = change.budgetTokens else {
      throw UsageError("give --level, from 1 on, and --tokens")
    }
    let done = try administering { connection in
      try Administration.changeContentLevel(level, tokens: tokens, on: &connection)
    }
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("organizationCount", done.organizationCount)
        writer.member("deactivatedCount", done.deactivatedCount)
      }
    } else {
      Terminal.output(
        """
        level \(level) has \(tokens) tokens: \(done.organizationCount) organizations, \(done.deactivatedCount) attributes \
        deactivated
        """)
    }
  }

  static let reset = Command(
    name: ["budget", "reset"], summary: "Deactivate all attributes of an organization.",
    help: """
      usage: tollgate budget reset --organization ID [--json]

      Prints how many were active. Their texts stay.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let done = try administering { connection in
      try Administration.resetContentBudget(of: organizationID, on: &connection)
    }
    guard case .success(let done) = done else { throw CommandFailure("There is no such organization.") }
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("deactivatedCount", done.deactivatedCount)
        writer.member("tokens", done.tokens)
      }
    } else {
      Terminal.output("\(done.deactivatedCount)")
    }
  }

  /// Organizations that are read at once.
  private static let pageLimit = 500
}

extension Arguments {
  fileprivate func contentBudgetChange() throws(UsageError) -> ContentBudgetChange {
    var change = ContentBudgetChange(counter: self["--counter"])
    if let text = self["--level"] {
      guard let level = Int64(text), (0...Int64(Int32.max)).contains(level) else {
        throw UsageError("--level is an integer from 0 on")
      }
      change.level = level
    }
    if let text = self["--tokens"] {
      guard let tokens = Int64(text), TokenAmount.range.contains(tokens) else {
        throw UsageError("--tokens is an integer from 1 to 10^15")
      }
      change.budgetTokens = tokens
    }
    switch self["--automatic"] {
    case nil: break
    case "yes"?: change.deactivatesAutomatically = true
    case "no"?: change.deactivatesAutomatically = false
    default: throw UsageError("--automatic is yes or no")
    }
    guard
      change.level != nil || change.budgetTokens != nil || change.deactivatesAutomatically != nil
        || change.counter != nil
    else { throw UsageError("give --level, --tokens, --automatic or --counter") }
    return change
  }
}

extension ContentAccount {
  /// For people.
  fileprivate var line: String {
    """
    \(organizationID) \(standing.percentUsed)% used, \(standing.used) of \(standing.budget) tokens, \
    level \(standing.levelTitle ?? "none"), \(Terminal.quoted(name))
    """
  }
}
