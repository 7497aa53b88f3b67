import Postgres
import Testbed
import Testing

@Suite("Plans, prices and thresholds")
struct CatalogueTests {
  /// Tokens that a plan grants for 30 days: starter, pro, enterprise.
  private static let allocations: [(tokenType: String, starter: Int64, pro: Int64, enterprise: Int64)] = [
    ("lead_generation", 0, 50, 500), ("goal_generation", 0, 20, 200), ("strategy_analysis", 0, 100, 1000),
    ("forecast", 0, 30, 200), ("general", 0, 50, 500),
  ]

  @Test("the three plans grant what they promise of the five token types, and nothing of others")
  func allocationsOfPlans() async throws {
    try await Workplace.with { workplace in
      let expected = Self.allocations.flatMap {
        [
          "enterprise|\($0.tokenType)|\($0.enterprise)", "pro|\($0.tokenType)|\($0.pro)",
          "starter|\($0.tokenType)|\($0.starter)",
        ]
      }
      let found = try workplace.administrator.lines("SELECT plan, token_type, tokens FROM tollgate.plan_allocations")
      #expect(found.sorted() == expected.sorted())
    }
  }

  @Test(
    "a new organization has its plan's balances for a period of 30 days", arguments: ["starter", "pro", "enterprise"])
  func newOrganization(plan: String) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: plan)
      let found = try workplace.administrator.lines(
        """
        SELECT token_type, balance, total_allocated, total_used, reserved, purchased,
          extract(epoch FROM refresh_date - created_at)::bigint
        FROM public.ai_tokens WHERE organization_id = $1::uuid
        """, [tenant.parameter])
      let expected = Self.allocations.map { allocation in
        let tokens = ["starter": allocation.starter, "pro": allocation.pro][plan] ?? allocation.enterprise
        return "\(allocation.tokenType)|\(tokens)|\(tokens)|0|0|0|2592000"
      }
      #expect(found.sorted() == expected.sorted())
    }
  }

  @Test("each feature and action has its token type, price and kind of endpoint")
  func prices() async throws {
    try await Workplace.with { workplace in
      let found = try workplace.administrator.lines(
        "SELECT feature, token_type, cost, endpoint_type, price_version FROM tollgate.features")
      #expect(
        found.sorted()
          == [
            "decision|decisions|0||1", "generate_leads|lead_generation|5||1", "generate_goal|goal_generation|3||1",
            "analyze_strategy|strategy_analysis|2||1", "forecast_revenue|forecast|4||1",
            "analyze_efficiency|general|2||1", "generate_insight|general|1||1", "surprise_me|api_budget|50|single|1",
            "niche_discovery|api_budget|150|composite|1", "manual_search|api_budget|10|single|1",
            "product_lookup|api_budget|1|single|1", "auto_sourcing_job|api_budget|200|batch|1",
            "headline_pick|feature_depth|0||1", "full_distribution|feature_depth|2||1",
            "scenario_extremes|feature_depth|3||1", "comparative_analysis|feature_depth|3||1",
            "deep_dive_educational|feature_depth|5||1",
          ].sorted())
    }
  }

  @Test("the API budget is critical below 20, deserves a warning below 100 and is safe from 200")
  func thresholds() async throws {
    try await Workplace.with { workplace in
      let found = try workplace.administrator.lines(
        "SELECT critical_below, warning_below, safe_from FROM tollgate.token_types WHERE token_type = 'api_budget'")
      #expect(found == ["20|100|200"])
    }
  }

  /// Token type, tokens available, tokens allocated, state.
  private static let states: [(String, Int64, Int64, String)] = [
    // Green above 50 % left, yellow down to 20 %, red under 20 %.
    ("lead_generation", 50, 50, "safe"), ("lead_generation", 26, 50, "safe"), ("lead_generation", 25, 50, "warning"),
    ("lead_generation", 10, 50, "warning"), ("lead_generation", 9, 50, "critical"),
    ("lead_generation", 1, 50, "critical"), ("lead_generation", 0, 50, "exhausted"),
    ("lead_generation", -1, 50, "exhausted"), ("goal_generation", 4, 20, "warning"),
    ("goal_generation", 3, 20, "critical"), ("forecast", 16, 30, "safe"), ("forecast", 15, 30, "warning"),
    ("forecast", 6, 30, "warning"), ("forecast", 5, 30, "critical"), ("general", 1, 3, "warning"),
    ("general", 2, 3, "safe"), ("general", 1, 0, "safe"), ("general", 0, 0, "exhausted"),
    // By tokens, whatever the allocation.
    ("api_budget", 200, 0, "safe"), ("api_budget", 100, 0, "safe"), ("api_budget", 99, 0, "warning"),
    ("api_budget", 20, 0, "warning"), ("api_budget", 19, 0, "critical"), ("api_budget", 1, 1000, "critical"),
    ("api_budget", 0, 0, "exhausted"),
  ]

  @Test("a state says how much is left: by percent of the allocation, for the API budget by tokens")
  func statesOfBalances() async throws {
    try await Workplace.with { workplace in
      for (tokenType, available, allocated, state) in Self.states {
        let found = try workplace.administrator.text(
          """
          SELECT tollgate.balance_state($1::bigint, $2::bigint, kind)
          FROM tollgate.token_types AS kind
          WHERE token_type = $3
          """, [.integer(available), .integer(allocated), .text(tokenType)])
        #expect(found == state, "\(available) of \(allocated) \(tokenType)")
      }
    }
  }
}
