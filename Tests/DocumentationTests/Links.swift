import Foundation

/// Links of a page to files of the package and to places in them.
enum Links {
  /// What `[text](target)` names, where it is no URL. Blocks of code have none.
  static func targets(of page: Page) -> [String] {
    let code = page.blocks.map(\.body)
    let lines = page.lines.enumerated().filter { number, _ in !code.contains { $0.contains(number) } }.map(\.element)
    return lines.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }.filter {
      !$0.contains("://") && !$0.hasPrefix("mailto:")
    }
  }

  /// The name of the place that a heading makes, as GitHub does: lower case, no punctuation, hyphens for spaces.
  static func anchors(of page: Page) -> Set<String> {
    let code = page.blocks.map(\.body)
    let headings = page.lines.enumerated().filter { number, line in
      line.hasPrefix("#") && !code.contains { $0.contains(number) }
    }
    return Set(
      headings.map { _, line in
        String(
          line.drop { $0 == "#" || $0 == " " }.lowercased().compactMap { character -> Character? in
            if character == " " { return "-" }
            return character.isLetter || character.isNumber || character == "-" || character == "_" ? character : nil
          })
      })
  }

  /// Links of a page that lead nowhere.
  static func broken(in page: Page) throws -> [String] {
    let folder = page.path.split(separator: "/").dropLast().joined(separator: "/")
    return try targets(of: page).filter { target in
      let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts[0].isEmpty { return !anchors(of: page).contains(parts.last ?? "") }
      let path = String(URL(filePath: "/" + folder + "/" + parts[0]).standardizedFileURL.path().dropFirst())
      guard Tree.exists(path) else { return true }
      guard parts.count == 2, path.hasSuffix(".md") else { return false }
      return try !anchors(of: Page.read(path)).contains(parts[1])
    }
  }
}
