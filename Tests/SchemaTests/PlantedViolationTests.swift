import Postgres
import Testbed
import Testing

@testable import Schema

@Suite("Planted violations", .serialized)
struct PlantedViolationTests {
  private struct RollBack: Error {}

  @Test("a planted violation is seen by its check, and by no other than it says", arguments: PlantedViolation.all)
  func planted(_ violation: PlantedViolation) async throws {
    try await PlantingGround.lend { auditor, connection in
      var after: [CheckResult] = []
      #expect(throws: RollBack.self) {
        try connection.transaction { connection in
          try connection.script(violation.sql)
          after = try auditor.results(on: &connection)
          throw RollBack()
        }
      }
      let violated = after.filter { !$0.holds }
      #expect(
        Set(violated.map(\.name)) == violation.alsoSeenBy.union([violation.check]), "\(violated.flatMap(\.lines))")
    }
  }
}
