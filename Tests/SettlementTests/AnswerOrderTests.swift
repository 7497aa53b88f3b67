import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("The order of answers")
struct AnswerOrderTests {
  /// Reads answers that say they are of these items, as the answers to two requests.
  private static func read(items: [Int64], on workplace: inout Workplace) throws -> [String] {
    let tenant = try workplace.tenant()
    let rows = try workplace.server.query(
      .named(
        """
        SELECT 'unknown_feature', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, item, NULL
        FROM unnest($1) AS item
        """, results: .binary), [.integers(items.count) { items[$0] }])
    let deductions = (1...2).map { _ in tenant.deduction("no_such_feature") }
    return try SettleStatement.each.read(rows, deductions).map(\.brief)
  }

  @Test("answers in the order of the requests are given to them")
  func inOrder() async throws {
    try await Workplace.with { workplace in
      let answers = try Self.read(items: [1, 2], on: &workplace)
      #expect(answers == ["unknown_feature", "unknown_feature"])
    }
  }

  @Test("nobody gets an answer that may be another's")
  func outOfOrder() async throws {
    try await Workplace.with { workplace in
      let numberings: [[Int64]] = [[2, 1], [1, 1], [0, 1], [2, 3], [1], [1, 2, 3], []]
      for items in numberings {
        let error = #expect(throws: PostgresError.self, "\(items)") { try Self.read(items: items, on: &workplace) }
        #expect(error?.kind == .decoding, "\(items)")
      }
    }
  }
}
