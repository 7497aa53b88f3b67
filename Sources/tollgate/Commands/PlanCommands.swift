import API
import Accounts
import JSON
import Tokens

/// `tollgate plan …`
enum PlanCommand {
  static let list = Command(
    name: ["plan", "list"], summary: "List the plans and what they grant.",
    help: """
      usage: tollgate plan list [--json]

      A line for each plan: its name, title, and tokens for a period by token type. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    for plan in try looking({ try Administration.plans(on: &$0) }) { show(plan, arguments) }
  }

  static let show = Command(
    name: ["plan", "show"], summary: "Show a plan.",
    help: """
      usage: tollgate plan show PLAN [--json]

      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"], wordCount: 1)
    let name = try arguments.word("the plan's name is missing")
    guard let plan = try looking({ try Administration.plans(only: name, on: &$0) }).first else {
      throw CommandFailure("There is no such plan; tollgate plan list shows those there are.")
    }
    show(plan, arguments)
  }

  static let set = Command(
    name: ["plan", "set"], summary: "Make a plan, or change what it grants.",
    help: """
      usage: tollgate plan set PLAN [--title TITLE] [--tokens TYPE=TOKENS …] [--json]

      What is not named stays; a new plan needs a title. Balances keep what they were granted until their next period.
      TYPE is of tollgate.token_types, TOKENS are from 0 (the plan does not have what these pay for) to 10^15.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--title"], repeated: ["--tokens"], flags: ["--json"], wordCount: 1)
    let name = try arguments.word("the plan's name is missing")
    let changes = try arguments.all("--tokens").map(allocation)
    guard arguments["--title"] != nil || !changes.isEmpty else { throw UsageError("give --title or --tokens") }
    let plan = try administering { connection in
      let present = try Administration.plans(only: name, on: &connection).first
      guard let title = arguments["--title"] ?? present?.title else {
        throw UsageError("a new plan needs a --title")
      }
      return try Administration.set(
        Plan(name: name, title: title, allocations: allocations(of: present, with: changes)), on: &connection)
    }
    show(plan, arguments)
  }

  /// `TYPE=TOKENS`.
  private static func allocation(_ text: String) throws(UsageError) -> (tokenType: String, tokens: Int64) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let tokens = Int64(parts[1]), (0...TokenAmount.range.upperBound).contains(tokens) else {
      throw UsageError("--tokens is TYPE=TOKENS, as general=50, with tokens from 0 to 10^15")
    }
    return (String(parts[0]), tokens)
  }

  private static func allocations(
    of plan: Plan?, with changes: [(tokenType: String, tokens: Int64)]
  ) throws -> String {
    var object = JSONObject()
    if let plan, case .object(let present) = try parseJSON(Array(plan.allocations.utf8)) { object = present }
    for change in changes { object[change.tokenType] = .integer(change.tokens) }
    return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
  }

  private static func show(_ plan: Plan, _ arguments: Arguments) {
    if arguments.has("--json") {
      Terminal.outputObject(plan.write)
    } else {
      Terminal.output("\(plan.name) \(Terminal.quoted(plan.title)) \(plan.allocations)")
    }
  }
}

extension Arguments {
  /// The only word.
  func word(_ complaint: String) throws(UsageError) -> String {
    guard let word = words.first else { throw UsageError(complaint) }
    return word
  }
}
