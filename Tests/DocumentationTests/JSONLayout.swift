import Foundation

/// How pages show long lines of JSON: wrapped behind commas, continued with a space.
enum JSONLayout {
  private static let width = 112

  /// Whether a line of it is an object or a list.
  static func hasJSON(_ text: String) -> Bool {
    text.split(separator: "\n").contains { $0.hasPrefix("{") || $0.hasPrefix("[") }
  }

  /// Wraps what is JSON; other lines stay.
  static func wrap(_ text: String) -> String {
    text.components(separatedBy: "\n").map { line in
      line.hasPrefix("{") || line.hasPrefix("[") ? wrapLine(line) : line
    }.joined(separator: "\n")
  }

  private static func wrapLine(_ line: String) -> String {
    var lines: [String] = []
    var rest = line[...]
    while rest.count > width, let end = lastBreak(in: rest), end < rest.endIndex {
      lines.append(String(rest[..<end]))
      rest = Substring(" " + rest[end...].drop { $0 == " " })
    }
    return (lines + [String(rest)]).joined(separator: "\n")
  }

  /// Behind the last comma that still fits, or the first one where none does; commas in strings do not count.
  private static func lastBreak(in line: Substring) -> Substring.Index? {
    var found: Substring.Index?
    var isQuoted = false
    var isEscaped = false
    for (offset, index) in zip(0..., line.indices) {
      if offset >= width, found != nil { break }
      let character = line[index]
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        found = line.index(after: index)
      }
    }
    return found
  }
}
