import API
import Accounts
import JSON
import Tokens

/// `tollgate action …`
enum ActionCommand {
  static let list = Command(
    name: ["action", "list"], summary: "List what tokens are spent on, and what that costs.",
    help: """
      usage: tollgate action list [--json]

      A line for each feature or action: its name, token type, price and the price's version. With --json each is an
      object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    for action in try looking({ try Administration.actions(on: &$0) }) { show(action, arguments) }
  }

  static let show = Command(
    name: ["action", "show"], summary: "Show an action with every price that it has had.",
    help: """
      usage: tollgate action show NAME [--json]

      A charge keeps the version of the price it was made under.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"], wordCount: 1)
    let name = try arguments.word("the action's name is missing")
    guard let history = try looking({ try Administration.action(name, on: &$0) }) else {
      throw CommandFailure("There is no such action; tollgate action list shows those there are.")
    }
    guard !arguments.has("--json") else { return Terminal.outputObject(history.write) }
    Terminal.output(history.action.line)
    for version in history.versions {
      Terminal.output(
        """
        version \(version.version): \(version.price.text) \(version.tokenType), \
        from \(Timestamp.text(version.validFromMicroseconds))
        """)
    }
  }

  static let set = Command(
    name: ["action", "set"], summary: "Make an action, or change what it costs.",
    help: """
      usage: tollgate action set NAME --token-type TYPE (--cost TOKENS | --rates JSON) [--description TEXT]
                                 [--endpoint-type single|composite|batch] [--json]

      From the next use on; charges keep the price they were made under. JSON is a price with dimensions, as
      {"input": {"tokens": 3, "per": 1000}}. What is left out is emptied.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--token-type", "--cost", "--rates", "--description", "--endpoint-type"],
      flags: ["--json"], wordCount: 1)
    let wanted = ActionPrice(
      name: try arguments.word("the action's name is missing"), tokenType: try arguments.required("--token-type"),
      price: try arguments.price(), description: arguments["--description"] ?? "",
      endpointType: arguments["--endpoint-type"])
    show(try administering { try Administration.setPrice(of: wanted, on: &$0) }, arguments)
  }

  private static func show(_ action: Action, _ arguments: Arguments) {
    if arguments.has("--json") { Terminal.outputObject(action.write) } else { Terminal.output(action.line) }
  }
}

extension Arguments {
  fileprivate func price() throws(UsageError) -> Price {
    switch (self["--cost"], self["--rates"]) {
    case (let cost?, nil):
      guard let tokens = Int64(cost), (0...TokenAmount.range.upperBound).contains(tokens) else {
        throw UsageError("--cost is an integer from 0 to 10^15")
      }
      return .cost(tokens)
    case (nil, let rates?):
      guard case .object = try? parseJSON(Array(rates.utf8)) else { throw UsageError("--rates is a JSON object") }
      return .rates(rates)
    default: throw UsageError("give either --cost or --rates")
    }
  }
}

extension Action {
  /// For people.
  fileprivate var line: String {
    "\(price.name): \(price.price.text) \(price.tokenType), version \(priceVersion)"
  }
}

extension Price {
  /// For people.
  fileprivate var text: String {
    switch self {
    case .cost(let tokens): "\(tokens)"
    case .rates(let object): object
    }
  }
}
