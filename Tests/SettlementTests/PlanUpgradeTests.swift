import Postgres
import Testbed
import Testing
import Tokens

@Suite("Upgrades of a plan")
struct PlanUpgradeTests {
  @Test("an upgrade adds the new allocation at once to what is left of every token type")
  func upgrade() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(
        try workplace.changePlan(of: tenant, to: "enterprise") == [
          "forecast: 30 → 230 of 30 → 230", "general: 50 → 550 of 50 → 550", "goal_generation: 17 → 217 of 20 → 220",
          "lead_generation: 50 → 550 of 50 → 550", "strategy_analysis: 100 → 1100 of 100 → 1100",
        ])
      #expect(try workplace.plans(of: tenant) == "enterprise")
      #expect(try workplace.planMovements(of: tenant) == ["allocation|plan_upgrade|200|pro|enterprise"])
      #expect(try workplace.events(of: tenant, "from", "plan") == ["plan_changed pro enterprise"])
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 217 → 214 safe")
      #expect(
        try workplace.administrator.text(
          "SELECT total_used FROM public.ai_tokens WHERE token_type = 'goal_generation'") == "6")
      #expect(try workplace.administrator.lines("SELECT * FROM public.ai_tokens WHERE balance > total_allocated") == [])
    }
  }

  @Test("after an upgrade a threshold is announced again, which is no violation")
  func announcedAgain() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 6))
      _ = try workplace.changePlan(of: tenant, to: "enterprise")
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 66))
      #expect(
        try workplace.events(of: tenant) == ["threshold_crossed", "plan_changed", "threshold_crossed"])
    }
  }

  @Test("who had nothing but a refusal on Starter has the new plan's tokens after the upgrade")
  func fromStarter() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      let refused = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(refused.outcome == .notOnPlan)
      #expect(try workplace.changeGoals(of: tenant, to: "pro") == "0 → 20 of 0 → 20")
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 20 → 17 safe")
    }
  }

  @Test("the same plan again changes nothing, and answers with the balances as they are")
  func again() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.changePlan(of: tenant, to: "enterprise")
      let rows = Statement("SELECT token::text FROM public.ai_tokens AS token ORDER BY 1")
      let before = try workplace.administrator.lines(rows)
      for atOnce in [nil, true, false] {
        #expect(try workplace.changeGoals(of: tenant, to: "enterprise", atOnce: atOnce) == "220 → 220 of 220 → 220")
      }
      #expect(try workplace.administrator.lines(rows) == before)
      #expect(try workplace.events(of: tenant) == ["plan_changed"])
    }
  }

  @Test("down and up again within a period grants nothing a second time")
  func oncePerPeriod() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "20 → 220 of 20 → 220")
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 70))
      #expect(try workplace.changeGoals(of: tenant, to: "pro", atOnce: true) == "10 → 10 of 220 → 20")
      // The allocation is again that of the plan: what is missing was spent.
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "10 → 10 of 20 → 200")
      #expect(try workplace.changeGoals(of: tenant, to: "starter", atOnce: true) == "10 → 0 of 200 → 0")
      // The period began on Pro.
      #expect(try workplace.changeGoals(of: tenant, to: "pro") == "0 → 0 of 0 → 20")
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "0 → 0 of 20 → 200")
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief.hasPrefix("insufficient_tokens"))
      #expect(
        try workplace.planMovements(of: tenant) == [
          "allocation|plan_upgrade|200|pro|enterprise", "adjustment|plan_downgrade|0|enterprise|pro",
          "allocation|plan_upgrade|0|pro|enterprise", "adjustment|plan_downgrade|-10|enterprise|starter",
          "allocation|plan_upgrade|0|starter|pro", "allocation|plan_upgrade|0|pro|enterprise",
        ])
    }
  }

  @Test("a plan that the period began with is not granted to it again")
  func beganWith() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 60))
      #expect(try workplace.changeGoals(of: tenant, to: "pro", atOnce: true) == "20 → 20 of 200 → 20")
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "20 → 20 of 20 → 200")
    }
  }

  @Test("each further plan is granted once, and in the next period again")
  func nextPeriod() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      #expect(try workplace.changeGoals(of: tenant, to: "pro") == "0 → 20 of 0 → 20")
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "20 → 220 of 20 → 220")
      _ = try workplace.changePlan(of: tenant, to: "pro", atOnce: true)
      try workplace.endPeriods(of: tenant)
      // The reset comes first, although nobody has used the balance since.
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "20 → 220 of 20 → 220")
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'reset'") == 5)
    }
  }

  @Test("bought tokens and a change by hand stay what they are")
  func bought() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET balance = 520, purchased = 500 WHERE token_type = 'goal_generation'")
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "520 → 720 of 20 → 220")
      #expect(try workplace.changeGoals(of: tenant, to: "pro", atOnce: true) == "720 → 520 of 220 → 20")
      #expect(
        try workplace.administrator.text(
          "SELECT purchased FROM public.ai_tokens WHERE token_type = 'goal_generation'") == "500")
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'adjustment' AND reason IS NULL") <= 1)
    }
  }

  @Test("a balance that only the new plan has is granted, and one that a hand has made is added to")
  func newTypes() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan(
        "everything",
        [
          "lead_generation": 500, "goal_generation": 20, "strategy_analysis": 1000, "forecast": 200, "general": 500,
          "feature_depth": 40, "api_budget": 1000,
        ])
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "feature_depth", to: 10)
      let rows = try workplace.changePlan(of: tenant, to: "everything")
      #expect(rows.contains("api_budget: 0 → 1000 of 0 → 1000"))
      #expect(rows.contains("feature_depth: 10 → 50 of 0 → 40"))
      // As much as before is still the new plan's allocation, on top of what is left.
      #expect(rows.contains("goal_generation: 20 → 40 of 20 → 40"))
      #expect(
        try workplace.administrator.text(
          "SELECT count(*) FROM public.ai_tokens WHERE refresh_date IS NULL OR refresh_date <= now()") == "0")
      #expect(try workplace.changePlan(of: tenant, to: "pro", atOnce: true).contains("feature_depth: 50 → 0 of 40 → 0"))
      let back = try workplace.changePlan(of: tenant, to: "everything")
      #expect(back.contains("feature_depth: 0 → 0 of 0 → 40") && back.contains("goal_generation: 40 → 40 of 40 → 40"))
    }
  }

  @Test("an organization without a plan gets one")
  func firstPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let id = try #require(
        try workplace.administrator.text("INSERT INTO public.organizations (name) VALUES ('No plan') RETURNING id"))
      let other = Tenant(
        id: try #require(OrganizationID(id)), member: tenant.member, otherMember: tenant.otherMember)
      #expect(try workplace.changeGoals(of: other, to: "pro") == "0 → 20 of 0 → 20")
      #expect(try workplace.plans(of: other) == "pro")
      #expect(try workplace.plans(of: tenant) == "pro")
    }
  }

  @Test("a bucket is filled up to its new capacity, and may go as deep as the new plan says")
  func bucket() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan("small", ["api_budget": 100])
      try workplace.makePlan("large", ["api_budget": 300])
      _ = try workplace.administrator.query(
        """
        UPDATE tollgate.plan_allocations SET period = 'never', overdraft = tokens / 2, refill_tokens = 5, refill_seconds = 60
        WHERE plan IN ('small', 'large')
        """)
      let tenant = try workplace.tenant(plan: "small")
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET balance = 40")
      #expect(try workplace.changePlan(of: tenant, to: "large") == ["api_budget: 40 → 300 of 100 → 300"])
      let columns = Statement("SELECT overdraft, due_at, refilled_at IS NULL FROM public.ai_tokens")
      #expect(try workplace.administrator.lines(columns).first?.hasPrefix("150|-infinity") == true)
      #expect(try workplace.changePlan(of: tenant, to: "small", atOnce: true) == ["api_budget: 300 → 100 of 300 → 100"])
      #expect(try workplace.administrator.lines(columns).first?.hasPrefix("50|-infinity") == true)
    }
  }

  @Test("of many upgrades at once one grants, whatever is spent meanwhile")
  func concurrent() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settings = workplace.serverSettings
      let line = StartingLine(6)
      let results = try concurrently(6) { number in
        var connection = try Connection(settings)
        line.wait()
        if number % 2 == 0 {
          return try connection.text(
            """
            SELECT balance_after - balance_before FROM tollgate.change_plan($1::uuid, 'enterprise')
            WHERE token_type = 'goal_generation'
            """, [tenant.parameter]) ?? ""
        }
        for _ in 1...3 { _ = try connection.settle(tenant.deduction("generate_goal", units: 2)) }
        return ""
      }
      #expect(results.filter { !$0.isEmpty }.sorted() == ["0", "0", "200"])
      let spent = try workplace.administrator.integer("SELECT sum(tokens_deducted) FROM public.ai_token_usage_log")
      #expect(try workplace.balance(of: tenant, "goal_generation") == 220 - spent)
      // Uses that came before the upgrade may have crossed a threshold.
      #expect(try workplace.events(of: tenant).count { $0 == "plan_changed" } == 1)
    }
  }
}
