import Testing

/// One rule of style: a pure function from a file to what is wrong with it, and its own negative control.
struct Rule: Sendable, CustomTestStringConvertible {
  /// Completes "the tree: …".
  let name: String
  /// Files that break the rule, each with the line the rule has to name.
  let planted: [(file: SourceFile, line: Int)]
  /// Files that come close and must not be blamed.
  let innocent: [SourceFile]
  let check: @Sendable (SourceFile) -> [Violation]

  var testDescription: String { name }

  static let all: [Rule] = [
    .length, .folderNames, .reasonedReminders, .noTraps, .noPrinting, .reasonedUnchecked, .noSleepingTests, .namedTests,
    .moduleImports, .coherentC, .commentedSQL, .lowerCaseSQL, .evenAggregates,
  ]
}
