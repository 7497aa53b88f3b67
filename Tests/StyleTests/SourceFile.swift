/// A file of the tree, as the rules see it.
struct SourceFile: Sendable {
  /// From the package's root, with slashes.
  let path: String
  let text: String
  /// Its code and its comments; empty when this is no Swift.
  let swift: SwiftText

  init(_ path: String, _ text: String) {
    self.path = path
    self.text = text
    swift = SwiftText(path.hasSuffix(".swift") ? text : "")
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isSQL: Bool { path.hasSuffix(".sql") }
  var folders: [Substring] { path.split(separator: "/").dropLast() }

  /// `Postgres` for `Sources/Postgres/Row.swift`; nil outside Sources.
  var module: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  var isTest: Bool { path.hasPrefix("Tests/") }

  /// One violation for each place where the pattern occurs in a text that has this file's lines.
  func violations(of pattern: some RegexComponent, in view: String, _ message: String) -> [Violation] {
    // Simple boundaries: by Unicode's default, "Task.sleep" is one word.
    view.matches(of: pattern.regex.wordBoundaryKind(.simple).matchingSemantics(.unicodeScalar)).map { match in
      Violation(path: path, line: Self.line(of: match.range.lowerBound, in: view), message: message)
    }
  }

  /// Counted from 1.
  static func line(of index: String.Index, in text: String) -> Int {
    text[..<index].reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
  }
}

/// A broken rule and where. It prints the way compilers do, so that editors find the place.
struct Violation: Sendable, Equatable, CustomStringConvertible {
  let path: String
  /// Counted from 1; 1 when the whole file or its name is meant.
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}
