import Postgres
import Testbed
import Testing
import Tokens

@Suite("Content budgets of which many make use at once")
struct ContentConcurrencyTests {
  @Test("two activations at once that only fit singly: one succeeds, each of a hundred times")
  func two() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "1")
      for number in 1...2 { _ = try workplace.server.save(number, tokens: 1600, of: tenant, active: false) }
      let settings = workplace.serverSettings
      let rounds = (0..<100).map { _ in StartingLine(2) }
      let ends = (0..<100).map { _ in StartingLine(3) }
      let resets = (0..<100).map { _ in StartingLine(3) }
      let both = Background {
        try concurrently(2) { worker in
          var connection = try Connection(settings)
          return try (0..<100).map { round in
            rounds[round].wait()
            let outcome = try connection.activate([worker + 1], of: tenant)
            ends[round].wait()
            resets[round].wait()
            return outcome
          }
        }
      }
      for round in 0..<100 {
        ends[round].wait()
        #expect(try workplace.server.usage(of: tenant) == "1600/3000")
        _ = try workplace.server.query("SELECT tollgate.reset_content_budget($1::uuid)", [tenant.parameter])
        resets[round].wait()
      }
      let outcomes = try #require(try both.value())
      for round in 0..<100 {
        #expect(Set([outcomes[0][round], outcomes[1][round]]) == ["success", "budget_exceeded"], "round \(round)")
      }
      print("The first of two succeeded \(outcomes[0].count { $0 == "success" }) times of 100")
    }
  }

  @Test("two that make the first attribute of an organization at once both succeed")
  func firstOnes() async throws {
    try await Workplace.with { workplace in
      let settings = workplace.serverSettings
      for _ in 1...20 {
        let tenant = try workplace.tenant()
        let start = StartingLine(4)
        let outcomes = try concurrently(4) { worker in
          var connection = try Connection(settings)
          start.wait()
          return try connection.save(worker, tokens: 100, of: tenant)
        }
        #expect(outcomes == ["success", "success", "success", "success"])
        #expect(try workplace.server.usage(of: tenant) == "400/15000")
      }
    }
  }

  @Test("sixteen that save, activate, use and delete at random never exceed it, and all adds up")
  func random() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("Sixteen connections change content, seed \(seed)")
    try await Workplace.with { workplace in
      let tenants = [try workplace.tenant(), try workplace.tenant()]
      for tenant in tenants { _ = try workplace.server.setBudget(of: tenant, "1") }
      let settings = workplace.serverSettings
      let outcomes = try concurrently(16) { worker in
        var generator = SeededGenerator(seed: seed &+ UInt64(worker))
        var connection = try Connection(settings)
        return try (0..<60).map { _ in
          try Self.step(&connection, tenants[Int.random(in: 0...1, using: &generator)], &generator)
        }
      }
      let counts = Dictionary(grouping: outcomes.flatMap { $0 }, by: { $0 }).mapValues(\.count)
      print("What came of it: \(counts.sorted { $0.key < $1.key })")
      #expect(Set(counts.keys) == ["success", "budget_exceeded", "unknown_attribute"], "seed \(seed)")
      #expect(
        try workplace.administrator.lines(
          "SELECT DISTINCT used <= budget FROM tollgate.content_usage") == ["t"], "seed \(seed)")
    }
  }

  private static func step(
    _ connection: inout Connection, _ tenant: Tenant, _ generator: inout SeededGenerator
  ) throws -> String {
    let number = Int.random(in: 1...8, using: &generator)
    switch Int.random(in: 0...9, using: &generator) {
    case 0...3:
      return try connection.save(
        number, tokens: Int.random(in: 0...1500, using: &generator), of: tenant,
        active: Bool.random(using: &generator))
    case 4...6:
      return try connection.activate([number, Int.random(in: 1...8, using: &generator)], of: tenant)
    case 7:
      try connection.use(number, of: tenant)
      return "success"
    default: return try connection.delete(number, of: tenant)
    }
  }

  @Test("levels lowered beside activations leave no more active than fits, where that is configured")
  func lowering() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for number in 1...8 { _ = try workplace.server.save(number, tokens: 1000, of: tenant, active: false) }
      let settings = workplace.serverSettings
      _ = try concurrently(8) { worker in
        var connection = try Connection(settings)
        for round in 0..<30 {
          if worker == 0 {
            _ = try connection.setBudget(of: tenant, "\(round % 3 + 1), deactivates => true")
          } else {
            _ = try connection.activate([worker + 1], of: tenant)
          }
        }
        return
      }
      // The last level was 3.
      _ = try workplace.server.setBudget(of: tenant, "1")
      #expect(
        try workplace.administrator.lines("SELECT used, budget FROM tollgate.content_usage") == ["3000|3000"])
    }
  }
}
