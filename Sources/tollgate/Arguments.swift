/// The options of one command: `--name value`, `--name=value` and flags.
struct Arguments {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  private var lists: [String: [String]] = [:]
  /// What stands by itself, in order.
  private(set) var words: [String] = []

  /// Reads what follows the command's name: `options` have a value and are given at most once, `repeated` ones any
  /// number of times, flags have none, and `wordCount` arguments stand by themselves. Anything else is a `UsageError`.
  init(
    _ arguments: [String], options: Set<String> = [], repeated: Set<String> = [], flags known: Set<String> = [],
    wordCount: Int = 0
  ) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      if known.contains(name), parts.count == 1 {
        flags.insert(name)
      } else if options.contains(name) || repeated.contains(name) {
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw UsageError("\(name) needs a value")
        }
        if repeated.contains(name) {
          lists[name, default: []].append(value)
        } else if values.updateValue(value, forKey: name) != nil {
          throw UsageError("\(name) is given twice")
        }
      } else if words.count < wordCount, !argument.hasPrefix("-") {
        words.append(argument)
      } else {
        throw UsageError("\(Terminal.quoted(argument)) means nothing here; add --help to see what does")
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  subscript(option: String) -> String? { values[option] }

  /// The values of a repeated option.
  func all(_ option: String) -> [String] { lists[option] ?? [] }

  func required(_ option: String) throws(UsageError) -> String {
    guard let value = values[option] else { throw UsageError("\(option) is missing") }
    return value
  }

  static func isHelp(_ arguments: [String]) -> Bool {
    arguments.contains { $0 == "--help" || $0 == "-h" || $0 == "help" }
  }
}
