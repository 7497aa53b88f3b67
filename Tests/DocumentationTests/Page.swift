import Foundation

/// A page of documentation, taken apart into what can be run or checked.
struct Page: Sendable {
  /// What a comment above a block says of it: `<!-- not run: reason -->`, `<!-- paths -->`, `<!-- file: name -->`.
  enum Note: Equatable, Sendable {
    case notRun
    case paths
    /// The block becomes a file of this name, which commands further down run.
    case file(name: String)
  }

  struct Block: Sendable {
    /// What stands behind the fence; nil: a comment `<!-- hidden … -->`, whose lines are run and not shown.
    let language: String?
    let note: Note?
    /// The lines between the fences.
    let body: Range<Int>
    /// Whether only blank lines are between this block and the one before.
    let isAdjacent: Bool

    /// The number of the body's first line, as editors count.
    var line: Int { body.lowerBound + 1 }
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// From the package's folder.
  let path: String
  let lines: [String]
  let blocks: [Block]

  static func read(_ path: String) throws -> Page {
    try Page(path: path, text: String(contentsOf: Tree.root.appending(path: path), encoding: .utf8))
  }

  /// - Throws: `Failure` for a fence or a comment without an end.
  init(path: String, text: String) throws {
    self.path = path
    lines = text.components(separatedBy: "\n")
    blocks = try Self.blocks(of: lines, in: path)
  }

  func body(_ block: Block) -> [String] { Array(lines[block.body]) }

  /// The page with other lines in some places, which do not overlap.
  func replacing(_ changes: [(place: Range<Int>, lines: [String])]) -> String {
    var changed = lines
    for change in changes.sorted(by: { $0.place.lowerBound > $1.place.lowerBound }) {
      changed.replaceSubrange(change.place, with: change.lines)
    }
    return changed.joined(separator: "\n")
  }

  private static func blocks(of lines: [String], in path: String) throws -> [Block] {
    var blocks: [Block] = []
    var note: Note?
    var lastEnd = -1
    var index = 0
    func end(after start: Int, where isEnd: (String) -> Bool) throws -> Int {
      guard let end = lines[start...].firstIndex(where: isEnd) else {
        throw Failure(description: "\(path):\(start): what begins here does not end")
      }
      return end
    }
    while index < lines.count {
      let line = lines[index]
      if line.hasPrefix("```") {
        let close = try end(after: index + 1) { $0 == "```" }
        let isAdjacent = lines[(lastEnd + 1)..<index].allSatisfy { $0.isEmpty || $0.hasPrefix("<!--") }
        blocks.append(
          Block(language: String(line.dropFirst(3)), note: note, body: (index + 1)..<close, isAdjacent: isAdjacent))
        (note, lastEnd, index) = (nil, close, close)
      } else if line == "<!-- hidden" {
        let close = try end(after: index + 1) { $0 == "-->" }
        blocks.append(Block(language: nil, note: nil, body: (index + 1)..<close, isAdjacent: false))
        (lastEnd, index) = (close, close)
      } else if line.hasPrefix("<!-- not run: ") {
        note = .notRun
      } else if line == "<!-- paths -->" {
        note = .paths
      } else if let name = line.wholeMatch(of: /<!-- file: ([a-z_]+\.[a-z]+) -->/)?.output.1 {
        note = .file(name: String(name))
      }
      index += 1
    }
    return blocks
  }
}
