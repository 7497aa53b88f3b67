import Foundation
import Testing

@testable import API

@Suite("docs/errors.md")
struct ErrorPageTests {
  /// The codes that the page's table names, with the statuses of their rows.
  private static func statuses() throws -> [String: Set<Int>] {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/errors.md")
    var statuses: [String: Set<Int>] = [:]
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
      let cells = line.split(separator: "|")
      guard cells.count == 3, let first = cells.first else { continue }
      let numbers = first.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard !numbers.isEmpty, let codes = cells.last else { continue }
      for code in codes.matches(of: /`([a-z_]+)`/) { statuses[String(code.output.1), default: []].formUnion(numbers) }
    }
    return statuses
  }

  @Test("every code is in the table, in the row of its status, and no other is")
  func codes() throws {
    let statuses = try Self.statuses()
    #expect(Set(statuses.keys) == Set(ProblemCode.allCases.map(\.rawValue)))
    for code in ProblemCode.allCases {
      #expect(statuses[code.rawValue]?.contains(code.status) == true, "\(code.rawValue)")
    }
  }
}
