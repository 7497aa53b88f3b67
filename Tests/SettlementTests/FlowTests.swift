import Postgres
import Testbed
import Testing
import Tokens

@Suite("Flows that come out exactly")
struct FlowTests {
  @Test("Pro generates 6 goals, the seventh is refused and the balance stays 2", arguments: Way.allCases)
  func sixGoals(way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "pro")
      let answers = try way.answers(to: (1...8).map { _ in tenant.deduction("generate_goal") }, in: &workplace)
      #expect(
        answers == [
          "success 3: 20 → 17 safe", "success 3: 17 → 14 safe", "success 3: 14 → 11 safe", "success 3: 11 → 8 warning",
          "success 3: 8 → 5 warning", "success 3: 5 → 2 critical", "insufficient_tokens 3: 2 → 2 critical",
          "insufficient_tokens 3: 2 → 2 critical",
        ])
      #expect(try workplace.balance(of: tenant, "goal_generation") == 2)
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 6)
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "reason = 'insufficient_tokens'") == 2)
    }
  }

  @Test("Starter is refused every feature of the plans, and told the plan's name", arguments: Way.allCases)
  func starter(way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      let features = [
        ("generate_leads", 5), ("generate_goal", 3), ("analyze_strategy", 2), ("forecast_revenue", 4),
        ("analyze_efficiency", 2), ("generate_insight", 1),
      ]
      let answers = try way.answers(to: features.map { tenant.deduction($0.0) }, in: &workplace)
      #expect(answers == features.map { "not_on_plan \($0.1): 0 → 0 exhausted" })
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).planTitle == "Starter")
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 0)
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "reason = 'not_on_plan'") == 7)
    }
  }

  @Test("an organization without a plan is refused like one whose plan has none, without a plan's name")
  func withoutPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(
        """
        DELETE FROM public.ai_tokens; DELETE FROM tollgate.ledger_entries;
        UPDATE public.organizations SET plan = NULL
        """)
      let answer = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(answer.brief == "not_on_plan 3: 0 → 0 exhausted")
      #expect(answer.planTitle == nil)
      #expect(try workplace.count("public.ai_tokens", of: tenant) == 0)
    }
  }

  @Test("Enterprise spends from its large allocations", arguments: Way.allCases)
  func enterprise(way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let answers = try way.answers(
        to: [
          tenant.deduction("generate_leads"), tenant.deduction("generate_goal", units: 66),
          tenant.deduction("generate_goal"), tenant.deduction("analyze_strategy", units: 500),
          tenant.deduction("analyze_strategy"), tenant.deduction("forecast_revenue", units: 50),
          tenant.deduction("analyze_efficiency"), tenant.deduction("generate_insight"),
        ], in: &workplace)
      #expect(
        answers == [
          "success 5: 500 → 495 safe", "success 198: 200 → 2 critical", "insufficient_tokens 3: 2 → 2 critical",
          "success 1000: 1000 → 0 exhausted", "insufficient_tokens 2: 0 → 0 exhausted",
          "success 200: 200 → 0 exhausted", "success 2: 500 → 498 safe", "success 1: 498 → 497 safe",
        ])
    }
  }

  @Test("feature depth goes 10, 8, 5, 2 and is then denied", arguments: Way.allCases)
  func featureDepth(way: Way) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "feature_depth", to: 10)
      let features = ["full_distribution", "scenario_extremes", "comparative_analysis", "deep_dive_educational"]
      let answers = try way.answers(to: features.map { tenant.deduction($0) }, in: &workplace)
      #expect(
        answers == [
          "success 2: 10 → 8 safe", "success 3: 8 → 5 safe", "success 3: 5 → 2 safe",
          "insufficient_tokens 5: 2 → 2 safe",
        ])
    }
  }

  @Test("0 of 2 and 4 of 5 are denied, and the refusal is recorded with what was required")
  func short() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(
        try workplace.server.settle(tenant.deduction("full_distribution")).brief
          == "insufficient_tokens 2: 0 → 0 exhausted")
      try workplace.setBalance(of: tenant, "feature_depth", to: 4)
      #expect(
        try workplace.server.settle(tenant.deduction("deep_dive_educational", event: "event 7")).brief
          == "insufficient_tokens 5: 4 → 4 safe")
      let refusals = try workplace.administrator.lines(
        """
        SELECT feature_used, required, balance_before, balance_after, amount, user_id, event_id, status
        FROM tollgate.ledger WHERE kind = 'refusal' ORDER BY created_at
        """)
      #expect(
        refusals == [
          "full_distribution|2|0|0|0|\(tenant.member)||refused",
          "deep_dive_educational|5|4|4|0|\(tenant.member)|event 7|refused",
        ])
    }
  }

  @Test("a feature that costs nothing works with an empty balance, and is recorded", arguments: Way.allCases)
  func free(way: Way) async throws {
    try await Workplace.with { workplace in
      let without = try workplace.tenant()
      let empty = try workplace.tenant()
      try workplace.setBalance(of: empty, "feature_depth", to: 2)
      let answers = try way.answers(
        to: [
          without.deduction("headline_pick", key: "free"), empty.deduction("full_distribution"),
          empty.deduction("headline_pick", units: 1_000_000_000_000_000),
        ], in: &workplace)
      #expect(
        answers == ["success 0: 0 → 0 exhausted", "success 2: 2 → 0 exhausted", "success 0: 0 → 0 exhausted"])
      for tenant in [without, empty] {
        #expect(
          try workplace.count("public.ai_token_usage_log", of: tenant, where: "feature_used = 'headline_pick'") == 1)
      }
    }
  }

  @Test("each action of the API budget costs its price, and one beyond the budget says what is missing")
  func apiBudget() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "api_budget", to: 426)
      let actions = [
        "surprise_me", "niche_discovery", "manual_search", "product_lookup", "auto_sourcing_job", "surprise_me",
        "manual_search",
      ]
      #expect(
        try workplace.server.settle(actions.map { tenant.deduction($0) }).map(\.brief) == [
          "success 50: 426 → 376 safe", "success 150: 376 → 226 safe", "success 10: 226 → 216 safe",
          "success 1: 216 → 215 safe", "success 200: 215 → 15 critical", "insufficient_tokens 50: 15 → 15 critical",
          // Under the critical threshold of 20 even what could be paid is blocked.
          "critical_balance 10: 15 → 15 critical",
        ])
    }
  }

  @Test("a use is recorded with its user, feature, units, price version, event, balance and metadata")
  func record() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let deduction = tenant.deduction(
        "generate_goal", units: 2, key: "k", event: "event 1", metadata: #"{"page": "é"}"#)
      let answer = try workplace.server.settle(deduction)
      let row = try workplace.administrator.lines(
        """
        SELECT id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, units, price_version, event_id,
          idempotency_key, sequence, metadata, (extract(epoch FROM created_at) * 1000000)::bigint
        FROM public.ai_token_usage_log
        """)
      #expect(
        row == [
          "\(deduction.transactionID)|\(tenant.member)|goal_generation|generate_goal|6|14|2|1|event 1|k|2|"
            + #"{"page": "é"}|"# + "\(answer.settlement?.createdAtMicroseconds ?? 0)"
        ])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT balance, total_used, total_allocated, last_used_at = updated_at, last_used_at IS NOT NULL
          FROM public.ai_tokens WHERE token_type = 'goal_generation'
          """) == ["14|6|20|t|t"])
    }
  }
}
