import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("Faults of the replaced system that must not come back")
struct ReplacedSystemFaultsTests {
  @Test("read-then-write race: a second request that comes between waits, and the last tokens are spent once")
  func readThenWrite() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "goal_generation", to: 3)
      try workplace.administrator.script("BEGIN")
      let first = try workplace.administrator.settle(tenant.deduction("generate_goal"))
      let settings = workplace.serverSettings
      let second = Background {
        var connection = try Connection(settings)
        return try connection.settle(tenant.deduction("generate_goal")).brief
      }
      var observer = try workplace.database.connect()
      try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
      try workplace.administrator.script("COMMIT")
      #expect(first.brief == "success 3: 3 → 0 exhausted")
      #expect(try second.value() == "insufficient_tokens 3: 0 → 0 exhausted")
    }
  }

  @Test("log write failing after the deduction: where the use cannot be logged nothing is deducted")
  func logFails() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      #expect(settlement.answers(to: [tenant.deduction("generate_goal")])[0].brief == "success 3: 20 → 17 safe")
      let partition = try #require(
        try workplace.administrator.text(
          "SELECT relid::regclass FROM pg_partition_tree('public.ai_token_usage_log') WHERE relid = (SELECT tableoid FROM public.ai_token_usage_log)"
        ))
      try workplace.administrator.script("ALTER TABLE public.ai_token_usage_log DETACH PARTITION \(partition)")
      let failed = settlement.answers(to: (1...5).map { tenant.deduction("generate_goal", key: "k\($0)") })
      let defect = "\(ServiceFailure.defect(cause: "PostgreSQL: server (SQLSTATE 23514)"))"
      #expect(failed.map(\.brief) == Array(repeating: defect, count: 5))
      #expect(try workplace.balance(of: tenant, "goal_generation") == 17)
      #expect(try workplace.count("tollgate.idempotency_keys", of: tenant) == 0)
      // With its partition back, the same keys are settled as if nothing had been.
      let bound = try #require(
        try workplace.administrator.text(
          "SELECT format('FROM (%L) TO (%L)', date_trunc('month', now()), date_trunc('month', now()) + interval '1 month')"
        ))
      try workplace.administrator.script(
        "ALTER TABLE public.ai_token_usage_log ATTACH PARTITION \(partition) FOR VALUES \(bound)")
      let healed = settlement.answers(to: (1...5).map { tenant.deduction("generate_goal", key: "k\($0)") })
      #expect(
        healed.map(\.brief) == [
          "success 3: 17 → 14 safe", "success 3: 14 → 11 safe", "success 3: 11 → 8 warning",
          "success 3: 8 → 5 warning", "success 3: 5 → 2 critical",
        ])
    }
  }

  @Test("unknown feature costing 1: it costs nothing, because it is refused", arguments: Way.allCases)
  func unknownFeature(way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let names = ["generate_goals", "Generate_goal", "generate_goal ", "", "general", "constructor", "é", "%"]
      let answers = try way.answers(to: names.map { tenant.deduction($0) }, in: &workplace)
      let refusal = way == .function ? "TG421" : "unknown_feature"
      #expect(answers == Array(repeating: refusal, count: names.count))
      #expect(try workplace.count("public.ai_tokens", of: tenant, where: "balance <> total_allocated") == 0)
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind <> 'allocation'") == 0)
    }
  }

  @Test("reset running twice: two that find the same period over reset it once, and what is spent since stays spent")
  func resetTwice() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET refresh_date = now() - interval '1 second'")
      try workplace.administrator.script("BEGIN")
      _ = try workplace.administrator.settle(tenant.deduction("generate_goal"))
      let settings = workplace.serverSettings
      let second = Background {
        var connection = try Connection(settings)
        return try connection.settle(tenant.deduction("generate_goal")).brief
      }
      var observer = try workplace.database.connect()
      try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
      try workplace.administrator.script("COMMIT")
      #expect(try second.value() == "success 3: 17 → 14 safe")
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'reset'") == 1)
    }
  }

  @Test("reset running never: nothing but the next request is needed, and a reader sees the new period before that")
  func resetNever() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 6))
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET refresh_date = now() - interval '95 days'")
      #expect(
        try workplace.administrator.lines(
          "SELECT balance, total_used FROM tollgate.current_balances WHERE token_type = 'goal_generation'") == ["20|0"])
      #expect(
        try workplace.administrator.text(
          "SELECT tollgate.check_balance($1::uuid, NULL, 'generate_goal', 6)", [tenant.parameter]) == "t")
      #expect(try workplace.balance(of: tenant, "goal_generation") == 2)
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", units: 6)).brief == "success 18: 20 → 2 critical")
    }
  }
}
