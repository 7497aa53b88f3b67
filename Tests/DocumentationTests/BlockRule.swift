import Foundation
import JSON

/// What is asked of blocks that are not run: each kind has a check of its own, and a kind without one is refused.
enum BlockRule {
  /// Blocks of these languages are run by other tests, on these pages.
  private static let runElsewhere: [String: (page: String, test: String)] = [
    "swift": ("docs/clients.md", "Tests/CommandTests/Clients/ClientPageTests.swift"),
    "python": ("docs/clients.md", "Tests/CommandTests/Clients/ClientPageTests.swift"),
    "javascript": ("docs/clients.md", "Tests/CommandTests/Clients/ClientPageTests.swift"),
    "nginx": ("docs/guards.md", "Tests/CommandTests/Guards/GuardTests.swift"),
    "caddyfile": ("docs/guards.md", "Tests/CommandTests/Guards/GuardTests.swift"),
  ]

  static func problems(of block: Page.Block, in page: Page) throws -> [String] {
    let body = page.body(block)
    let problem: String? =
      switch (block.language ?? "", block.note) {
      case ("console", _), ("sh", _): try syntaxError(of: commands(in: body))
      case ("text", .paths): missingPath(in: body)
      case ("text", _) where page.path == "docs/clients.md": nil
      case ("text", _):
        isDrawing(body) ? nil : "text is the output of the SQL above it, a drawing, or marked <!-- paths -->"
      case (_, .notRun): nil
      case ("json", _): (try? parseJSON(Array(body.joined(separator: "\n").utf8))) == nil ? "this is no JSON" : nil
      case ("ini", _): body.allSatisfy(isSetting) ? nil : "a line is neither a section, a setting nor a comment"
      case (let language, _): try elsewhere(language, body, page)
      }
    return problem.map { ["\(page.path):\(block.line): \($0)"] } ?? []
  }

  private static func commands(in body: [String]) -> String {
    guard let transcript = Transcript(body) else { return body.joined(separator: "\n") }
    return transcript.steps.map { $0.command.joined(separator: "\n") }.joined(separator: "\n")
  }

  private static func syntaxError(of commands: String) throws -> String? {
    let shell = try Conversation(
      ["/usr/bin/env", "bash", "-c", "bash -n -c \"$COMMANDS\"; echo; echo end $?"], in: "/",
      environment: ["COMMANDS": commands, "PATH": "/usr/bin:/bin"])
    let (output, status) = try shell.lines(until: "end")
    return status == "0" ? nil : "bash does not read this:\n\(output)"
  }

  /// What stands before two spaces are files and folders of the package; of several in a line all but the first are in
  /// the folder of the first.
  private static func missingPath(in body: [String]) -> String? {
    for line in body {
      guard let column = line.firstRange(of: "  ") else { continue }
      let names = line[..<column.lowerBound].split(separator: ", ").map(String.init)
      let folder = String((names.first ?? "").prefix { $0 != "/" }) + "/"
      for (number, name) in names.enumerated() {
        let path = number == 0 ? name : folder + name
        if !Tree.exists(path) { return "there is no \(path)" }
      }
    }
    return nil
  }

  private static func isDrawing(_ body: [String]) -> Bool {
    body.contains { line in line.contains { "│┌└─▶▼▲◀".contains($0) } }
  }

  private static func isSetting(_ line: String) -> Bool {
    line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") || (line.hasPrefix("[") && line.hasSuffix("]"))
      || line.contains("=")
  }

  /// Such a block stands on the page that another test runs.
  private static func elsewhere(_ language: String, _ body: [String], _ page: Page) throws -> String? {
    guard let place = runElsewhere[language] else {
      return
        "nothing runs or checks a block of '\(language)': make it console or sql, or say why with <!-- not run: -->"
    }
    guard Tree.exists(place.test) else { return "\(place.test) is gone, which ran this" }
    guard page.path != place.page else { return nil }
    let tested = try Page.read(place.page)
    let isTested = tested.blocks.contains { $0.language == language && tested.body($0) == body }
    return isTested ? nil : "this is not in \(place.page), where it would be run"
  }
}
