import Foundation

/// The package's own files.
enum Tree {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

  /// The README and every page below docs/, but for decisions, which show nothing to run, and for the reference, which
  /// is made from openapi.json.
  static func pages() throws -> [String] {
    let folder = root.appending(path: "docs")
    guard let found = FileManager.default.enumerator(atPath: folder.path()) else {
      throw Page.Failure(description: "there is no folder docs")
    }
    let paths = found.compactMap { $0 as? String }.filter { path in
      path.hasSuffix(".md") && !path.hasPrefix("decisions/") && !path.hasPrefix("api/")
    }
    return ["README.md"] + paths.map { "docs/" + $0 }.sorted()
  }

  /// Pages that are made from openapi.json.
  static func referencePages() throws -> [String] { try files(in: "docs/api") }

  static func decisions() throws -> [String] { try files(in: "docs/decisions") }

  private static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path()).sorted().map {
      folder + "/" + $0
    }
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path())
  }
}
