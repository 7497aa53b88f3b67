import Foundation

/// Runs a page from top to bottom, and notes what is not as it shows.
struct PageRun {
  private let page: Page
  private let session: PageSession
  private var changes: [(place: Range<Int>, lines: [String])] = []
  private(set) var problems: [String] = []

  /// Runs a page. With `records` the page is rewritten to show what came. Blocks.
  ///
  /// - Returns: what is wrong, each with its place.
  static func run(_ page: Page, records: Bool) throws -> [String] {
    let session = try PageSession()
    var run = PageRun(page: page, session: session)
    do {
      try run.runBlocks()
      run.problems += try session.database.violations().map { "\(page.path):1: afterwards \($0)" }
      try session.end()
    } catch {
      try session.end()
      throw error
    }
    guard records else { return run.problems }
    let text = page.replacing(run.changes)
    try Data(text.utf8).write(to: Tree.root.appending(path: page.path))
    return []
  }

  private init(page: Page, session: PageSession) {
    self.page = page
    self.session = session
  }

  private mutating func runBlocks() throws {
    for (index, block) in page.blocks.enumerated() {
      let next = index + 1 < page.blocks.count ? page.blocks[index + 1] : nil
      switch (block.language, block.note) {
      case (nil, _): try runHidden(block)
      case ("console", nil): try runConsole(block)
      case (_, .file(let name)): try writeFile(block, name, before: page.blocks[(index + 1)...])
      case ("sql", nil): try runSQL(block, output: next)
      case ("text", nil) where block.isAdjacent && index > 0 && page.blocks[index - 1].language == "sql": continue
      default: problems += try BlockRule.problems(of: block, in: page)
      }
    }
  }

  private mutating func runHidden(_ block: Page.Block) throws {
    let outcome = try session.run(page.body(block))
    if outcome.status != "0" { note(block, "the hidden commands failed (\(outcome.status)):\n\(outcome.output)") }
  }

  private mutating func writeFile(_ block: Page.Block, _ name: String, before rest: ArraySlice<Page.Block>) throws {
    try session.write(page.body(block), to: name)
    // Python imports it without the extension.
    let stem = name.prefix { $0 != "." }
    let isRun = rest.contains { next in
      next.language == "console" && next.note == nil && page.body(next).contains { $0.contains(stem) }
    }
    if !isRun { note(block, "no command further down runs \(name)") }
  }

  private mutating func runConsole(_ block: Page.Block) throws {
    guard var transcript = Transcript(page.body(block)) else {
      return note(block, "a console block begins with \"$ \" and a command")
    }
    for index in transcript.steps.indices {
      let step = transcript.steps[index]
      let outcome = try session.run(step.command)
      let shown = step.output.joined(separator: "\n")
      transcript.steps[index].output = try compare(
        shown, outcome.output, block, after: step.command.joined(separator: "\n"))
      if shown.isEmpty, outcome.status != "0" {
        note(block, "the command failed (\(outcome.status)): \(step.command.joined(separator: "\n"))")
      }
    }
    changes.append((block.body, transcript.lines))
  }

  private mutating func runSQL(_ block: Page.Block, output next: Page.Block?) throws {
    let statements = page.body(block)
    let output = try session.query(statements)
    if let next, next.language == "text", next.note == nil, next.isAdjacent {
      let shown = page.body(next).joined(separator: "\n")
      changes.append((next.body, try compare(shown, output, block, after: statements.joined(separator: "\n"))))
    } else if !output.split(separator: "\n").allSatisfy(Self.saysNothing) {
      note(block, "a text block behind it has to show what came:\n\(output)")
    }
  }

  /// "SET", "INSERT 0 1", and rows without a column: statements that only do something.
  private static func saysNothing(_ line: Substring) -> Bool {
    line == "--" || line.hasPrefix("(") || line.allSatisfy { $0.isUppercase || $0.isNumber || $0 == " " }
  }

  /// Notes a difference, takes names over, and returns the lines that show what came.
  private mutating func compare(
    _ shown: String, _ output: String, _ block: Page.Block, after commands: String
  ) throws -> [String] {
    if let named = Expectation(shown, values: session.values).matches(output) {
      try session.name(named)
      return shown.isEmpty ? [] : shown.components(separatedBy: "\n")
    }
    let given = page.lines.joined(separator: "\n")
    let came = Generalization(values: session.values, given: given, shownBefore: shown).apply(to: output)
    try session.name(Expectation(came, values: session.values).matches(output) ?? [:])
    note(block, "not what is shown, after\n\(commands)\n\(Difference.of(shown, came))")
    return came.isEmpty ? [] : came.components(separatedBy: "\n")
  }

  private mutating func note(_ block: Page.Block, _ message: String) {
    problems.append("\(page.path):\(block.line): \(message)")
  }
}
