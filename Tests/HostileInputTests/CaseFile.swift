import Foundation

/// The cases of one file below `Cases/`; README.md says how they are written.
struct CaseFile: Sendable, CustomStringConvertible {
  struct Malformed: Error, CustomStringConvertible { let description: String }

  let name: String
  let cases: [HostileCase]

  var description: String { name }

  /// All files, by name.
  static let all = Result { try readAll() }

  private static func readAll() throws -> [CaseFile] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".txt") }
    return try names.sorted().map { name in
      try CaseFile(name: name, text: String(contentsOf: folder.appending(path: name), encoding: .utf8))
    }
  }

  /// Reads blocks that are separated by empty lines.
  init(name: String, text: String) throws {
    self.name = name
    var cases: [HostileCase] = []
    var block = CaseBlock(file: name)
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("#") { continue }
      if line.isEmpty {
        cases += try block.cases()
        block = CaseBlock(file: name)
      } else {
        try block.read(String(line), number: number + 1)
      }
    }
    self.cases = cases + (try block.cases())
  }
}

/// The lines of one case, or of several that differ in one place.
private struct CaseBlock {
  private static let place = "<<it>>"

  let file: String
  private var name = ""
  private var firstLine = 0
  private var raw: String?
  private var request: (method: String, target: String, sender: HostileCase.Sender)?
  private var fields: [String] = []
  private var body: String?
  private var expectations: [Expectation] = []
  private var endsWithoutAnswer = false
  private var variants: [(line: Int, value: String, expectation: Expectation)] = []

  init(file: String) { self.file = file }

  mutating func read(_ line: String, number: Int) throws {
    if name.isEmpty {
      name = line
      firstLine = number
    } else if let text = line.rest(after: ">> ") {
      raw = (raw ?? "") + text
    } else if let text = line.rest(after: "> ") ?? (line == ">" ? "" : nil) {
      raw = (raw ?? "") + text + "\r\n"
    } else if let text = line.rest(after: "+ ") {
      fields.append(text)
    } else if let text = line.rest(after: "| ") {
      body = (body ?? "") + text
    } else if line == "= nothing" {
      endsWithoutAnswer = true
    } else if let text = line.rest(after: "= ") {
      expectations.append(try expectation(text, number))
    } else if let text = line.rest(after: "? ") {
      guard let split = text.range(of: " = ", options: .backwards) else { throw malformed(number, "no expectation") }
      variants.append(
        (number, String(text[..<split.lowerBound]), try expectation(String(text[split.upperBound...]), number)))
    } else {
      try readRequest(line, number)
    }
  }

  private mutating func readRequest(_ line: String, _ number: Int) throws {
    guard request == nil, let match = line.wholeMatch(of: /(\S+) ((?:\/|<<it>>).*?)(?: as ([a-z]+))?/) else {
      throw malformed(number, "not understood: \(line)")
    }
    guard let sender = HostileCase.Sender(rawValue: match.3.map(String.init) ?? "user") else {
      throw malformed(number, "nobody is called \(match.3 ?? "")")
    }
    request = (String(match.1), String(match.2), sender)
  }

  func cases() throws -> [HostileCase] {
    guard !name.isEmpty else { return [] }
    guard (raw == nil) != (request == nil), (fields.isEmpty && body == nil) || request != nil,
      [!expectations.isEmpty, !variants.isEmpty, endsWithoutAnswer].count(where: { $0 }) == 1
    else { throw malformed(firstLine, "a case is a request and what is expected of it") }
    guard !variants.isEmpty else {
      return [
        HostileCase(name: name, place: "\(file):\(firstLine)", message: message(nil), expectations: expectations)
      ]
    }
    return variants.map { variant in
      HostileCase(
        name: "\(name): \(variant.value.prefix(80))", place: "\(file):\(variant.line)", message: message(variant.value),
        expectations: [variant.expectation])
    }
  }

  private func message(_ value: String?) -> HostileCase.Message {
    func filled(_ text: String) -> String { value.map { text.replacing(Self.place, with: $0) } ?? text }
    if let raw { return .raw(filled(raw)) }
    return .framed(
      method: filled(request?.method ?? ""), target: filled(request?.target ?? ""), sender: request?.sender ?? .nobody,
      fields: fields.map(filled), body: body.map(filled))
  }

  /// `STATUS [code|library] [close] [spends N] [holds N] [~ text]…`
  private func expectation(_ text: String, _ number: Int) throws -> Expectation {
    var parts = text.components(separatedBy: " ~ ")
    var words = parts.removeFirst().split(separator: " ")[...]
    guard let status = words.popFirst().flatMap({ Int($0) }) else { throw malformed(number, "no status") }
    var expectation = Expectation(status: status, texts: parts)
    while let word = words.popFirst() {
      switch word {
      case "close": expectation.closes = true
      case "library": expectation.isLibrarys = true
      case "spends", "holds":
        guard let tokens = words.popFirst().flatMap({ Int64($0) }) else { throw malformed(number, "\(word) what?") }
        if word == "spends" { expectation.spends = tokens } else { expectation.holds = tokens }
      default: expectation.code = String(word)
      }
    }
    return expectation
  }

  private func malformed(_ line: Int, _ reason: String) -> CaseFile.Malformed {
    CaseFile.Malformed(description: "\(file):\(line): \(reason)")
  }
}

extension String {
  fileprivate func rest(after prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
