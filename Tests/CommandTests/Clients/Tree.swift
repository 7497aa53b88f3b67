import Foundation

/// Files of this package that are run as they are.
enum Tree {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    .standardizedFileURL

  static func path(_ file: String) -> String { root.appending(path: file).path() }

  static func text(_ file: String) throws -> String { try String(contentsOfFile: path(file), encoding: .utf8) }
}
