/// A block of commands with what each prints: a command follows "$ ", and goes on in the next line where a quotation
/// mark is open or a backslash ends the line.
struct Transcript: Sendable {
  struct Step: Equatable, Sendable {
    let command: [String]
    /// Without blank lines at its end.
    var output: [String]
  }

  var steps: [Step] = []

  /// Nil for a block that does not begin with a command.
  init?(_ lines: [String]) {
    var rest = lines[...]
    guard rest.first?.hasPrefix("$ ") == true else { return nil }
    while let first = rest.popFirst() {
      var command = [String(first.dropFirst(2))]
      while command.last?.hasSuffix("\\") == true || Self.isOpen(command.joined(separator: "\n")) {
        guard let next = rest.popFirst() else { break }
        command.append(next)
      }
      var output: [String] = []
      while let line = rest.first, !line.hasPrefix("$ ") {
        output.append(line)
        rest.removeFirst()
      }
      while output.last?.isEmpty == true { output.removeLast() }
      steps.append(Step(command: command, output: output))
    }
  }

  /// The block that shows these steps.
  var lines: [String] {
    var lines: [String] = []
    for step in steps {
      if !lines.isEmpty { lines.append("") }
      lines.append("$ " + (step.command.first ?? ""))
      lines += step.command.dropFirst() + step.output
    }
    return lines
  }

  /// Whether a quotation mark of the shell is open at the end.
  private static func isOpen(_ text: String) -> Bool {
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      }
    }
    return quote != nil
  }
}
