/// A command that was typed wrongly: exit code 2.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ sentence: String) { description = sentence }
}

/// A command that could not do its work: exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ sentence: String) { description = sentence }
}
