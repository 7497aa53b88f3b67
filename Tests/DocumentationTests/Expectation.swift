/// What a page shows of an output: bytes as they have to come, and placeholders for what differs.
struct Expectation: Sendable {
  private enum Element: Equatable, Sendable {
    case byte(UInt8)
    /// A long line of JSON was wrapped here, where it had white space or none.
    case wrap
    case placeholder(Placeholder, name: String?)
  }

  private let elements: [Element]

  /// `values` are of the page's variables, which stand in outputs as `$NAME`.
  init(_ shown: String, values: [String: String]) {
    let isWrapped = JSONLayout.hasJSON(shown)
    var elements: [Element] = []
    var rest = shown[...]
    while let first = rest.first {
      if let (placeholder, name, length) = Self.placeholder(at: rest) {
        elements.append(.placeholder(placeholder, name: name))
        rest = rest.dropFirst(length)
      } else if first == "$", let (value, length) = Self.value(at: rest, values) {
        elements += value.utf8.map { .byte($0) }
        rest = rest.dropFirst(length)
      } else if isWrapped, first == "\n", Self.isContinuation(rest.dropFirst()) {
        elements.append(.wrap)
        rest = rest.dropFirst(2)
      } else {
        elements += String(first).utf8.map { .byte($0) }
        rest = rest.dropFirst()
      }
    }
    self.elements = elements
  }

  /// The values of named placeholders when the output is as expected; nil when it is not.
  func matches(_ output: String) -> [String: String]? {
    let bytes = Array(output.utf8)
    var position = 0
    var named: [String: String] = [:]
    for element in elements {
      switch element {
      case .byte(let byte):
        guard position < bytes.count, bytes[position] == byte else { return nil }
        position += 1
      case .wrap:
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\n") {
          position += 1
        }
      case .placeholder(let placeholder, let name):
        guard let length = placeholder.length(in: bytes[position...]) else { return nil }
        if let name { named[name] = String(decoding: bytes[position..<(position + length)], as: UTF8.self) }
        position += length
      }
    }
    return position == bytes.count ? named : nil
  }

  /// One space: JSON that is indented by more came in these lines.
  private static func isContinuation(_ line: Substring) -> Bool {
    line.first == " " && line.dropFirst().first != " "
  }

  /// `<uuid>` or `<uuid NAME>`, and how many characters that takes.
  static func placeholder(at text: Substring) -> (Placeholder, name: String?, length: Int)? {
    guard text.first == "<", let end = text.firstIndex(of: ">") else { return nil }
    let words = text[text.index(after: text.startIndex)..<end]
    let length = words.count + 2
    if let placeholder = Placeholder(rawValue: String(words)) { return (placeholder, nil, length) }
    guard let space = words.lastIndex(of: " "), let placeholder = Placeholder(rawValue: String(words[..<space])) else {
      return nil
    }
    return (placeholder, String(words[words.index(after: space)...]), length)
  }

  private static func value(at text: Substring, _ values: [String: String]) -> (String, length: Int)? {
    let name = text.dropFirst().prefix { $0 == "_" || $0.isLetter || $0.isNumber }
    return values[String(name)].map { ($0, name.count + 1) }
  }
}
