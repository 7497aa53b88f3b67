import Postgres
import Testbed
import Testing
import Tokens

@Suite("Resets that are due, and changes by hand")
struct ResetTests {
  private static let period = 2_592_000

  /// Lets the period of every balance end so many seconds ago.
  private static func endPeriods(_ secondsAgo: Int, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "UPDATE public.ai_tokens SET refresh_date = now() - make_interval(secs => $1::bigint)",
      [.integer(Int64(secondsAgo))])
  }

  private static let goals = Statement(
    """
    SELECT balance, total_allocated, total_used, purchased, refresh_date > now(),
      refresh_date <= now() + interval '720 hours'
    FROM public.ai_tokens WHERE token_type = 'goal_generation'
    """)

  private static let movements = Statement(
    """
    SELECT kind, amount, balance_before, balance_after, metadata ->> 'periods' FROM tollgate.ledger
    WHERE token_type = 'goal_generation' AND kind NOT IN ('allocation', 'refusal') ORDER BY sequence
    """)

  @Test(
    "a period that is over is reset by the next use, however late",
    arguments: [(0, 1), (1, 1), (period - 1, 1), (period, 2), (period * 5 / 2, 3), (period * 40, 41)])
  func late(secondsAgo: Int, periods: Int) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 4))
      try Self.endPeriods(secondsAgo, &workplace)
      // The exact number of periods is known only while the clock stands still.
      try workplace.administrator.script("BEGIN")
      try Self.endPeriods(secondsAgo, &workplace)
      let answer = try workplace.administrator.settle(tenant.deduction("generate_goal"))
      try workplace.administrator.script("COMMIT")
      #expect(answer.brief == "success 3: 20 → 17 safe")
      #expect(try workplace.administrator.lines(Self.goals) == ["17|20|3|0|t|t"])
      #expect(
        try workplace.administrator.lines(Self.movements) == [
          "deduction|-12|20|8|", "reset|12|8|20|\(periods)", "deduction|-3|20|17|",
        ])
    }
  }

  @Test("the next period ends a whole number of periods after the last, so that days do not drift")
  func anchor() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.endPeriods(Self.period * 3 + 12_345, &workplace)
      let anchor = try #require(
        try workplace.administrator.text("SELECT max(refresh_date) FROM public.ai_tokens"))
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      let seconds = try workplace.administrator.integer(
        """
        SELECT extract(epoch FROM refresh_date - $1::timestamptz)::bigint FROM public.ai_tokens
        WHERE token_type = 'goal_generation'
        """, [.text(anchor)])
      #expect(seconds == Int64(Self.period * 4))
    }
  }

  @Test("a period that ends in a moment is not reset")
  func notYet() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      try Self.endPeriods(-60, &workplace)
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 17 → 14 safe")
    }
  }

  @Test("unused tokens do not roll over, bought ones survive and are spent last")
  func purchased() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET balance = 520, purchased = 500 WHERE token_type = 'goal_generation'")
      // 9 of the plan's 20: the bought ones are untouched. The other 11 are lost at the reset.
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 3))
      #expect(try workplace.administrator.lines(Self.goals) == ["511|20|9|500|t|t"])
      try Self.endPeriods(1, &workplace)
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 520 → 517 safe")
      // 600 more than the plan has: the rest is bought.
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", units: 100)).brief
          == "success 300: 517 → 217 safe")
      #expect(try workplace.administrator.lines(Self.goals) == ["217|20|303|217|t|t"])
      try Self.endPeriods(1, &workplace)
      _ = try workplace.server.settle(tenant.deduction("headline_pick"))
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(try workplace.administrator.lines(Self.goals) == ["234|20|3|217|t|t"])
    }
  }

  @Test("a refusal applies the reset that is due, too, and is judged by what it gives")
  func refusalResets() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 6))
      try Self.endPeriods(1, &workplace)
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", units: 7)).brief
          == "insufficient_tokens 21: 20 → 20 safe")
      #expect(try workplace.administrator.lines(Self.goals) == ["20|20|0|0|t|t"])
    }
  }

  @Test("two sessions that find the same period over reset it once, and both spend from the new one")
  func twoSessions() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settings = workplace.serverSettings
      for _ in 1...5 {
        try Self.endPeriods(1, &workplace)
        let line = StartingLine(4)
        _ = try concurrently(4) { _ in
          var connection = try Connection(settings)
          line.wait()
          return try connection.settle(tenant.deduction("generate_goal")).brief
        }
        #expect(try workplace.administrator.lines(Self.goals) == ["8|20|12|0|t|t"])
      }
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'reset'") == 5)
    }
  }

  @Test("a change by hand is booked once, as an adjustment, by the next use")
  func byHand() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET balance = 5")
      for _ in 1...3 { _ = try workplace.server.settle(tenant.deduction("generate_goal")) }
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET balance = balance + 100 WHERE token_type = 'goal_generation'")
      _ = try workplace.server.settle([tenant.deduction("generate_goal"), tenant.deduction("generate_goal")])
      #expect(
        try workplace.administrator.lines(Self.movements) == [
          "adjustment|-15|20|5|", "deduction|-3|5|2|", "adjustment|100|2|102|", "deduction|-3|102|99|",
          "deduction|-3|99|96|",
        ])
    }
  }

  @Test("a change by hand and a reset that is due are booked in this order")
  func byHandAndDue() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET balance = 9999, purchased = 7")
      try Self.endPeriods(1, &workplace)
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(
        try workplace.administrator.lines(Self.movements) == [
          "adjustment|9979|20|9999|", "reset|-9972|9999|27|1", "deduction|-3|27|24|",
        ])
    }
  }

  @Test("a plan that changed shows at the reset, and a balance that never resets stays")
  func otherPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "feature_depth", to: 10)
      _ = try workplace.administrator.query("UPDATE public.organizations SET plan = 'enterprise'")
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET refresh_date = now() - interval '1 hour' WHERE token_type <> 'feature_depth'")
      #expect(
        try workplace.server.settle([
          tenant.deduction("generate_goal"), tenant.deduction("full_distribution"),
        ]).map(\.brief) == ["success 3: 200 → 197 safe", "success 2: 10 → 8 safe"])
    }
  }

  @Test("of more bought tokens than there are, written by hand, those that are there count")
  func tooManyPurchased() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET purchased = 35 WHERE token_type = 'goal_generation'")
      let requests = [tenant.deduction("generate_goal"), tenant.deduction("generate_goal", units: 100)]
      #expect(
        try workplace.administrator.settle(requests).map(\.brief) == [
          "success 3: 20 → 17 safe", "insufficient_tokens 300: 17 → 17 safe",
        ])
      #expect(try workplace.administrator.text("SELECT from_purchased FROM public.ai_token_usage_log") == "3")
    }
  }

  @Test(
    "what can no longer be held after a change by hand is let go, what ends first before the others",
    arguments: [false, true])
  func heldTokensTakenByHand(isBucket: Bool) async throws {
    try await Workplace.with { workplace in
      if isBucket {
        try workplace.administrator.script(
          "UPDATE tollgate.plan_allocations SET refill_tokens = 1, refill_seconds = 86400")
      }
      let tenant = try workplace.tenant()
      let reservations = try [600, 60].map { seconds in
        try #require(
          try workplace.administrator.text(
            "SELECT (tollgate.reserve($1::uuid, NULL, 'generate_goal', 3, $2::integer)).transaction_id",
            [tenant.parameter, .integer(seconds)]))
      }
      try workplace.setBalance(of: tenant, "goal_generation", to: 10)
      // Nothing of what is left is free: one reservation has to go, and the other is still good for all it held.
      let refused = try workplace.administrator.settle(tenant.deduction("generate_goal"))
      #expect(refused.brief == (isBucket ? "refilling" : "insufficient_tokens") + " 3: 10 → 10 critical")
      let captured = try workplace.administrator.lines(
        "SELECT outcome, cost, balance_after FROM tollgate.capture($1::uuid, $2::uuid)",
        [tenant.parameter, .text(reservations[0])])
      #expect(captured == ["success|9|1"])
      #expect(
        try workplace.administrator.lines("SELECT status FROM tollgate.reservations ORDER BY expires_at") == [
          "released", "captured",
        ])
    }
  }
}
