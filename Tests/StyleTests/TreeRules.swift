// Rules about files and folders.

extension Rule {
  static let lineLimit = 400

  /// Files that may be longer, each with the reason.
  static let longFiles: [String: String] = [:]

  static let length = Rule(
    name: "a Swift or SQL file has at most \(lineLimit) lines",
    planted: [(SourceFile("Sources/API/Long.swift", String(repeating: "\n", count: lineLimit + 1)), lineLimit + 1)],
    innocent: [
      SourceFile("Sources/API/Long.swift", String(repeating: "\n", count: lineLimit)),
      SourceFile("sql/schema.snapshot.sql", String(repeating: "\n", count: lineLimit + 1)),
    ]
  ) { file in
    guard file.isSwift || file.isSQL, file.path != generatedSQL, longFiles[file.path] == nil else { return [] }
    let count = file.text.count { $0 == "\n" }
    guard count > lineLimit else { return [] }
    let message = "the file has \(count) lines, \(lineLimit) is the limit: split it by its ideas"
    return [Violation(path: file.path, line: lineLimit + 1, message: message)]
  }

  /// Written by a program, for diffs to be read.
  static let generatedSQL = "sql/schema.snapshot.sql"

  static let folderNames = Rule(
    name: "a folder is named after what is in it",
    planted: ["New", "Legacy", "Utils", "Helpers", "Common", "Managers", "utils"].map {
      (SourceFile("Sources/API/\($0)/Name.swift", ""), 1)
    },
    innocent: [SourceFile("Sources/API/News/Common.swift", "")]
  ) { file in
    let refused = ["new", "legacy", "utils", "helpers", "common", "managers"]
    return file.folders.filter { refused.contains($0.lowercased()) }.map {
      Violation(path: file.path, line: 1, message: "the folder \($0) says nothing: name it after what is in it")
    }
  }

  static let reasonedReminders = Rule(
    name: "a reminder in a comment gives its reason in parentheses",
    planted: [
      (SourceFile("Sources/API/Name.swift", "let one = 1\n// TODO: later"), 2),
      (SourceFile("Tests/APITests/Name.swift", "/* FIXME() */"), 1),
      (SourceFile("sql/functions/name.sql", "SELECT 1;\n\n-- TODO faster"), 3),
      (SourceFile("scripts/name", "# FIXME"), 1),
    ],
    innocent: [SourceFile("Sources/API/Name.swift", "// TODO(needs PostgreSQL 17): MERGE\nlet word = \"TODO\"")]
  ) { file in
    let view = file.isSwift ? file.swift.comments : file.text
    let isRead = file.isSwift || file.isSQL || file.path.hasPrefix("scripts/") || file.path == "Makefile"
    guard isRead, file.path != generatedSQL else { return [] }
    return file.violations(
      of: /\b(TODO|FIXME)\b(?!\([^)]+\))/, in: view, "say in parentheses why it is not done yet, or do it")
  }
}
