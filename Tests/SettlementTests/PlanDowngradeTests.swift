import Postgres
import Testbed
import Testing
import Tokens

@Suite("Downgrades of a plan, previews and refusals")
struct PlanDowngradeTests {
  @Test("a downgrade waits for the reset, and nothing moves before")
  func waits() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      #expect(try workplace.changeGoals(of: tenant, to: "pro") == "200 → 200 of 200 → 20")
      #expect(try workplace.plans(of: tenant) == "enterprise pro t")
      #expect(
        try workplace.administrator.text(
          """
          SELECT bool_and(change.effective_at = token.refresh_date)
          FROM tollgate.change_plan($1::uuid, 'pro') AS change JOIN public.ai_tokens AS token USING (token_type)
          """, [tenant.parameter]) == "t")
      #expect(try workplace.events(of: tenant, "from", "plan") == ["plan_changed enterprise pro"])
      #expect(try workplace.planMovements(of: tenant) == [])
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 200 → 197 safe")
    }
  }

  @Test("the present plan again takes a waiting downgrade back, another plan replaces it")
  func takenBack() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.changePlan(of: tenant, to: "pro")
      _ = try workplace.changePlan(of: tenant, to: "starter")
      #expect(try workplace.plans(of: tenant) == "enterprise starter t")
      for _ in 1...2 { #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "200 → 200 of 200 → 200") }
      #expect(try workplace.plans(of: tenant) == "enterprise")
      #expect(
        try workplace.events(of: tenant, "plan", "takenBack") == [
          "plan_changed pro", "plan_changed starter", "plan_changed enterprise starter",
        ])
    }
  }

  @Test("a waiting downgrade may be had at once after all")
  func waitingThenAtOnce() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.changePlan(of: tenant, to: "pro")
      #expect(try workplace.changeGoals(of: tenant, to: "pro", atOnce: true) == "200 → 20 of 200 → 20")
      #expect(try workplace.plans(of: tenant) == "pro")
      #expect(try workplace.planMovements(of: tenant) == ["adjustment|plan_downgrade|-180|enterprise|pro"])
    }
  }

  @Test("an upgrade may wait for the reset, too, and then adds nothing now")
  func waitingUpgrade() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise", atOnce: false) == "20 → 20 of 20 → 200")
      #expect(try workplace.plans(of: tenant) == "pro enterprise t")
    }
  }

  @Test("at once, the plan's part is cut to the new allocation; bought and held tokens stay")
  func atOnce() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 63))
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET balance = 700, purchased = 300 WHERE token_type = 'general'")
      try Self.hold(35, of: tenant, &workplace)
      #expect(
        try workplace.changePlan(of: tenant, to: "starter", atOnce: true) == [
          "forecast: 200 → 35 of 200 → 0", "general: 700 → 300 of 500 → 0", "goal_generation: 11 → 0 of 200 → 0",
          "lead_generation: 500 → 0 of 500 → 0", "strategy_analysis: 1000 → 0 of 1000 → 0",
        ])
      #expect(
        try workplace.administrator.lines(
          "SELECT purchased, reserved FROM public.ai_tokens WHERE token_type IN ('forecast', 'general') ORDER BY token_type"
        )
          == ["0|35", "300|0"])
    }
  }

  @Test("a cut that crosses a threshold is told once, as if the tokens had been spent")
  func threshold() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan("metered", ["api_budget": 1000])
      try workplace.makePlan("trial", ["api_budget": 15])
      let tenant = try workplace.tenant(plan: "metered")
      _ = try workplace.changePlan(of: tenant, to: "trial", atOnce: true, preview: true)
      _ = try workplace.changePlan(of: tenant, to: "trial", atOnce: true)
      _ = try workplace.server.settle(tenant.deduction("product_lookup"))
      #expect(
        try workplace.events(of: tenant, "state", "available") == [
          "threshold_crossed critical 15", "plan_changed",
        ])
    }
  }

  /// A reservation of forecasts.
  private static func hold(_ amount: Int64, of tenant: Tenant, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      """
      INSERT INTO tollgate.reservations (organization_id, reservation_id, token_type, amount, expires_at)
      VALUES ($1::uuid, gen_random_uuid(), 'forecast', $2::bigint, now() + interval '1 hour')
      """, [tenant.parameter, .integer(amount)])
    _ = try workplace.administrator.query(
      "UPDATE public.ai_tokens SET reserved = $2::bigint WHERE organization_id = $1::uuid AND token_type = 'forecast'",
      [tenant.parameter, .integer(amount)])
  }

  @Test("what was spent below 0 stays allowed until it is paid back")
  func overdrawn() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan("deep", ["api_budget": 100])
      try workplace.makePlan("shallow", ["api_budget": 50])
      _ = try workplace.administrator.query(
        "UPDATE tollgate.plan_allocations SET overdraft = 80 WHERE plan = 'deep'")
      let tenant = try workplace.tenant(plan: "deep")
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET overdraft = 80")
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET balance = -30")
      #expect(
        try workplace.changePlan(of: tenant, to: "shallow", atOnce: true) == ["api_budget: -30 → -30 of 100 → 50"])
      #expect(try workplace.administrator.lines("SELECT overdraft FROM public.ai_tokens") == ["30"])
    }
  }

  @Test("a plan with more of one and less of another waits; at once each type goes its own way")
  func mixed() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan("other", ["goal_generation": 5, "general": 80, "forecast": 30])
      let tenant = try workplace.tenant()
      #expect(try workplace.changeGoals(of: tenant, to: "other") == "20 → 20 of 20 → 5")
      #expect(try workplace.plans(of: tenant) == "pro other t")
      #expect(
        try workplace.changePlan(of: tenant, to: "other", atOnce: true) == [
          "forecast: 30 → 30 of 30 → 30", "general: 50 → 130 of 50 → 130", "goal_generation: 20 → 5 of 20 → 5",
          "lead_generation: 50 → 0 of 50 → 0", "strategy_analysis: 100 → 0 of 100 → 0",
        ])
    }
  }

  @Test("a plan with the same allocations is changed at once and grants nothing")
  func equal() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan(
        "professional",
        ["lead_generation": 50, "goal_generation": 20, "strategy_analysis": 100, "forecast": 30, "general": 50])
      let tenant = try workplace.tenant()
      #expect(try workplace.changeGoals(of: tenant, to: "professional") == "20 → 20 of 20 → 20")
      #expect(try workplace.plans(of: tenant) == "professional")
      #expect(try workplace.planMovements(of: tenant) == [])
    }
  }

  @Test("where nothing is ever reset, a downgrade takes effect now and leaves what is there")
  func neverReset() async throws {
    try await Workplace.with { workplace in
      try workplace.makePlan("lifetime", ["general": 1000])
      try workplace.makePlan("free", ["general": 10])
      _ = try workplace.administrator.query(
        "UPDATE tollgate.plan_allocations SET period = 'never' WHERE plan IN ('lifetime', 'free')")
      let tenant = try workplace.tenant(plan: "lifetime")
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET refresh_date = NULL")
      #expect(try workplace.changePlan(of: tenant, to: "free") == ["general: 1000 → 1000 of 1000 → 1000"])
      #expect(try workplace.plans(of: tenant) == "free")
    }
  }

  @Test(
    "a preview answers what the change will, and changes nothing",
    arguments: [("starter", "enterprise", nil), ("enterprise", "pro", nil), ("enterprise", "starter", true)]
      as [(String, String, Bool?)])
  func preview(from: String, to plan: String, atOnce: Bool?) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: from)
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      let everything = Statement(
        """
        SELECT token::text FROM public.ai_tokens AS token
        UNION ALL SELECT organization::text FROM public.organizations AS organization
        UNION ALL SELECT movement::text FROM tollgate.ledger AS movement
        UNION ALL SELECT event::text FROM tollgate.events AS event
        ORDER BY 1
        """)
      let before = try workplace.administrator.lines(everything)
      let foreseen = try workplace.changePlan(of: tenant, to: plan, atOnce: atOnce, preview: true)
      #expect(try workplace.administrator.lines(everything) == before)
      #expect(foreseen.count == 5)
      #expect(try workplace.changePlan(of: tenant, to: plan, atOnce: atOnce) == foreseen)
    }
  }

  @Test("an unknown plan is TG400, an unknown organization TG404, for a preview as well")
  func refused() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let call = Statement("SELECT * FROM tollgate.change_plan($1::uuid, $2, NULL, $3::boolean)")
      let unknown: Parameter = "00000000-0000-0000-0000-000000000000"
      for preview in [true, false] {
        #expect(
          try workplace.server.refusal(call, [tenant.parameter, .text("gold"), .boolean(preview)]) == "TG400")
        #expect(try workplace.server.refusal(call, [tenant.parameter, .null, .boolean(preview)]) == "TG400")
        #expect(try workplace.server.refusal(call, [unknown, .text("pro"), .boolean(preview)]) == "TG404")
        #expect(try workplace.server.refusal(call, [.null, .text("pro"), .boolean(preview)]) == "TG404")
      }
      #expect(try workplace.events(of: tenant) == [])
    }
  }

  @Test("one organization's change leaves the others alone")
  func others() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      _ = try workplace.changePlan(of: mine, to: "enterprise")
      #expect(try workplace.balance(of: other, "goal_generation") == 20)
      #expect(try workplace.plans(of: other) == "pro")
      #expect(try workplace.events(of: other) == [])
    }
  }
}
