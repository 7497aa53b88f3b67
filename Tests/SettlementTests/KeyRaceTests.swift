import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("Two requests of one key at the same time")
struct KeyRaceTests {
  /// What the two requests differ in.
  enum Other: String, CaseIterable {
    case nothing, units, feature

    func request(of tenant: Tenant) -> Deduction {
      switch self {
      case .nothing: tenant.deduction("generate_goal", key: "k")
      case .units: tenant.deduction("generate_goal", units: 2, key: "k")
      // Of another balance: nothing but the key itself makes the second wait.
      case .feature: tenant.deduction("generate_insight", key: "k")
      }
    }
  }

  /// Settles one request in an open transaction, sends a second one with the same key by another connection, waits until
  /// it waits, and ends the transaction.
  /// - Returns: the second one's answer.
  private static func second(
    _ other: Other, of tenant: Tenant, by way: Way, ending: String, _ workplace: inout Workplace
  ) throws -> String? {
    try workplace.administrator.script("BEGIN")
    let first = try workplace.administrator.settle(tenant.deduction("generate_goal", key: "k", metadata: "{}"))
    #expect(first.brief == "success 3: 20 → 17 safe")
    let database = workplace.database
    let second = Background {
      var workplace = try Workplace(database)
      var request = other.request(of: tenant)
      request.metadata = "{}"
      return try way.answers(to: [request], in: &workplace)[0]
    }
    var observer = try database.connect()
    try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
    try workplace.administrator.script(ending)
    return try second.value()
  }

  @Test(
    "settle once when the first commits: the second repeats its answer or is refused", arguments: Other.allCases,
    [Way.module, .function])
  func firstCommits(other: Other, way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answer = try Self.second(other, of: tenant, by: way, ending: "COMMIT", &workplace)
      let refused = way == .function ? "TG423" : "idempotency_key_reused"
      #expect(answer == (other == .nothing ? "success 3: 20 → 17 safe again" : refused))
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 1)
      #expect(try workplace.balance(of: tenant, "goal_generation") == 17)
    }
  }

  @Test(
    "settle once when the first is rolled back: the second is then the first", arguments: Other.allCases,
    [Way.module, .function])
  func firstRollsBack(other: Other, way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answer = try Self.second(other, of: tenant, by: way, ending: "ROLLBACK", &workplace)
      let expected: [Other: String] = [
        .nothing: "success 3: 20 → 17 safe", .units: "success 6: 20 → 14 safe", .feature: "success 1: 50 → 49 safe",
      ]
      #expect(answer == expected[other])
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 1)
    }
  }

  @Test("however many come at once, one is charged and all get its answer")
  func many() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settings = workplace.serverSettings
      let line = StartingLine(16)
      let answers = try concurrently(16) { _ in
        var connection = try Connection(settings)
        line.wait()
        var answers: [DeductionAnswer] = []
        for number in 0..<5 {
          answers.append(try connection.settle(tenant.deduction("generate_goal", key: "k\(number)")))
        }
        return answers
      }
      for number in 0..<5 {
        let ofKey = answers.map { $0[number] }
        #expect(Set(ofKey.compactMap { $0.settlement?.transactionID }).count == 1)
        #expect(ofKey.count { !$0.isReplay } == 1)
      }
      #expect(try workplace.balance(of: tenant, "goal_generation") == 5)
    }
  }
}
