import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("64 at once spend the last 20 tokens")
struct LastTokensTests {
  /// Of 64 charges of 3 against 20, 6 succeed and leave 2.
  private static func expectSixOf(_ answers: [String], _ tenant: Tenant, _ workplace: inout Workplace) throws {
    #expect(answers.count == 64)
    #expect(
      answers.filter { $0.hasPrefix("success") }.sorted() == [
        "success 3: 11 → 8 warning", "success 3: 14 → 11 safe", "success 3: 17 → 14 safe", "success 3: 20 → 17 safe",
        "success 3: 5 → 2 critical", "success 3: 8 → 5 warning",
      ])
    #expect(answers.count { $0 == "insufficient_tokens 3: 2 → 2 critical" } == 58)
    #expect(try workplace.balance(of: tenant, "goal_generation") == 2)
    #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 6)
    #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'refusal'") == 58)
  }

  @Test("through 64 connections: exactly 6 succeed, 58 are refused and 2 are left", arguments: [false, true])
  func connections(throughFunction: Bool) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      var settings = workplace.serverSettings
      // Each session has yet to plan the call, and they wait for each other: on a busy machine for seconds.
      settings.lockTimeoutMilliseconds = 20_000
      settings.statementTimeoutMilliseconds = 30_000
      let line = StartingLine(64)
      let answers = try concurrently(64) { [settings] _ in
        var session = try Connection(settings)
        line.wait()
        let deduction = tenant.deduction("generate_goal")
        guard throughFunction else { return try session.settle(deduction).brief }
        return try Way.call(deduction, on: &session)
      }
      try Self.expectSixOf(answers, tenant, &workplace)
    }
  }

  @Test("through the lanes of one server: exactly 6 succeed, 58 are refused and 2 are left")
  func module() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 4, queueLimit: 1000)
      defer { settlement.shutDown() }
      let line = StartingLine(64)
      let answers = try concurrently(64) { _ in
        line.wait()
        return settlement.answers(to: [tenant.deduction("generate_goal")])[0].brief
      }
      try Self.expectSixOf(answers, tenant, &workplace)
    }
  }

  @Test("through two servers: exactly 6 succeed, 58 are refused and 2 are left")
  func servers() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settings = workplace.serverSettings
      let servers = (0..<2).map { _ in Settlement(settings: settings, laneCount: 2, queueLimit: 1000) }
      defer { for server in servers { server.shutDown() } }
      let line = StartingLine(64)
      let answers = try concurrently(64) { number in
        line.wait()
        return servers[number % 2].answers(to: [tenant.deduction("generate_goal")])[0].brief
      }
      try Self.expectSixOf(answers, tenant, &workplace)
    }
  }
}
