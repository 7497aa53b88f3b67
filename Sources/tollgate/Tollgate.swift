import Glibc

/// The executable: finds the command, runs it, turns errors into one sentence and an exit code.
@main
enum Tollgate {
  static func main() {
    // A client or reader that went away is an error of a write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// - Parameter arguments: without the program's name.
  /// - Returns: the exit code: 0 done, 1 failed, 2 wrong usage.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      guard let (command, rest) = Command.find(arguments) else {
        if arguments.isEmpty || Arguments.isHelp(arguments) {
          Terminal.output(Usage.overview)
          return arguments.isEmpty ? 2 : 0
        }
        throw UsageError("there is no command \(Terminal.quoted(arguments[0])); see tollgate --help")
      }
      if Arguments.isHelp(rest) {
        Terminal.output(command.help)
        return 0
      }
      try command.run(rest)
      return 0
    } catch let error as UsageError {
      Terminal.complain("\(error)")
      return 2
    } catch {
      Terminal.complain("\(error)")
      return 1
    }
  }
}
