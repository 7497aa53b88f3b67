import Postgres
import Testbed
import Testing

@Suite("Events of content budgets")
struct ContentEventTests {
  @Test("tell of each crossing of a threshold, with what is left, and of the same state again only after an hour")
  func crossings() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "NULL, 1000")
      // 50 percent left or less is a warning, less than 20 critical, nothing exhausted.
      for (tokens, events) in [
        (499, 0), (500, 1), (800, 1), (801, 2), (999, 2), (1000, 3), (999, 3), (1000, 3), (400, 3), (900, 3), (500, 3),
        (0, 3), (501, 3), (0, 3),
      ] {
        #expect(try workplace.server.save(1, tokens: tokens, of: tenant) == "success")
        #expect(try workplace.count("tollgate.events", of: tenant) == events, "\(tokens)")
      }
      for (minutes, tokens, events) in [(58, 600, 3), (58, 0, 3), (62, 600, 4)] as [(Int64, Int, Int)] {
        _ = try workplace.administrator.query(
          "SELECT set_config('tollgate.clock', (now() + make_interval(mins => $1::integer))::text, false)",
          [.integer(minutes)])
        #expect(try workplace.administrator.save(1, tokens: tokens, of: tenant) == "success")
        #expect(try workplace.count("tollgate.events", of: tenant) == events, "\(minutes) minutes later")
      }
      #expect(
        try workplace.administrator.lines(
          """
          SELECT kind, payload ->> 'state', payload ->> 'used', payload ->> 'remaining', payload ->> 'percentUsed',
            payload ->> 'budget'
          FROM tollgate.events WHERE organization_id = $1::uuid ORDER BY created_at
          """, [tenant.parameter]) == [
            "content_threshold_crossed|warning|500|500|50|1000", "content_threshold_crossed|critical|801|199|80|1000",
            "content_threshold_crossed|exhausted|1000|0|100|1000",
            "content_threshold_crossed|warning|600|400|60|1000",
          ])
    }
  }

  @Test("are written for a jump over several thresholds once, and for a budget that is lowered")
  func jumps() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.save(1, tokens: 5000, of: tenant)
      #expect(try workplace.administrator.contentEvents(of: tenant) == [])
      _ = try workplace.server.setBudget(of: tenant, "2")
      #expect(try workplace.administrator.contentEvents(of: tenant) == ["content_threshold_crossed critical"])
      _ = try workplace.server.setBudget(of: tenant, "4")
      _ = try workplace.server.setBudget(of: tenant, "1")
      #expect(
        try workplace.administrator.contentEvents(of: tenant).last == "content_threshold_crossed exhausted")
      #expect(try workplace.count("tollgate.events", of: tenant) == 2)
    }
  }

  @Test("are in the transaction of what they tell of: what is rolled back or refused has none")
  func transactions() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "1")
      try workplace.server.script("BEGIN")
      #expect(try workplace.server.save(1, tokens: 3000, of: tenant) == "success")
      try workplace.server.script("ROLLBACK")
      #expect(try workplace.server.save(1, tokens: 3001, of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(1, tokens: 3000, of: tenant, isDryRun: true) == "success")
      #expect(try workplace.count("tollgate.events", of: tenant) == 0)
      #expect(try workplace.server.save(1, tokens: 3000, of: tenant) == "success")
      #expect(try workplace.administrator.contentEvents(of: tenant) == ["content_threshold_crossed exhausted"])
    }
  }
}
