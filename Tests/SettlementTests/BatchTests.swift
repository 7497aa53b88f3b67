import Postgres
import Testbed
import Testing
import Tokens

@Suite("Batches")
struct BatchTests {
  @Test("three charges of 3 against 7 are two successes and one refusal")
  func sequence() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setBalance(of: tenant, "goal_generation", to: 7)
      let answers = try workplace.server.settle((1...3).map { _ in tenant.deduction("generate_goal") })
      #expect(
        answers.map(\.brief) == [
          "success 3: 7 → 4 warning", "success 3: 4 → 1 critical", "insufficient_tokens 3: 1 → 1 critical",
        ])
    }
  }

  @Test("a refusal of a large one does not take the place of a small one behind it")
  func smallBehindLarge() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answers = try workplace.server.settle([5, 3, 2, 1, 1].map { tenant.deduction("generate_goal", units: $0) })
      #expect(
        answers.map(\.brief) == [
          "success 15: 20 → 5 warning", "insufficient_tokens 9: 5 → 5 warning",
          "insufficient_tokens 6: 5 → 5 warning", "success 3: 5 → 2 critical", "insufficient_tokens 3: 2 → 2 critical",
        ])
    }
  }

  @Test("tenants, balances and every kind of refusal in one batch are answered each as alone")
  func mixed() async throws {
    try await Workplace.with { workplace in
      let pro = try workplace.tenant()
      let starter = try workplace.tenant(plan: "starter")
      let enterprise = try workplace.tenant(plan: "enterprise")
      let suspended = try workplace.tenant()
      _ = try workplace.administrator.query(
        "UPDATE public.organizations SET status = 'suspended' WHERE id = $1::uuid", [suspended.parameter])
      let unknown = Tenant(id: OrganizationID(high: 1, low: 1), member: pro.member, otherMember: pro.otherMember)
      let answers = try workplace.server.settle([
        enterprise.deduction("generate_leads"),
        pro.deduction("generate_leads", units: 10),
        starter.deduction("generate_leads"),
        suspended.deduction("generate_leads"),
        suspended.deduction("headline_pick"),
        unknown.deduction("generate_leads", by: .service(onBehalfOf: nil)),
        unknown.deduction("generate_leads"),
        pro.deduction("generate_leads"),
        pro.deduction("no_such_feature"),
        pro.deduction(""),
        pro.deduction("generate_goal", by: .member(enterprise.member)),
        pro.deduction("generate_goal", by: .service(onBehalfOf: enterprise.member)),
        pro.deduction("generate_goal", by: .service(onBehalfOf: nil)),
        pro.deduction("generate_goal", units: 0),
        pro.deduction("generate_goal", units: -1),
        pro.deduction("generate_goal", units: .min),
        pro.deduction("generate_goal", units: .max),
        pro.deduction("generate_goal", units: 333_333_333_333_334),
        pro.deduction("generate_goal", units: 333_333_333_333_333),
        pro.deduction("headline_pick", units: 1_000_000_000_000_001),
        pro.deduction("headline_pick", units: 1_000_000_000_000_000),
        enterprise.deduction("generate_leads"),
      ])
      #expect(
        answers.map(\.brief) == [
          "success 5: 500 → 495 safe",
          "success 50: 50 → 0 exhausted",
          "not_on_plan 5: 0 → 0 exhausted",
          "organization_suspended 5: 50 → 50 safe",
          "organization_suspended 0: 0 → 0 exhausted",
          "unknown_organization",
          "forbidden",
          "insufficient_tokens 5: 0 → 0 exhausted",
          "unknown_feature",
          "unknown_feature",
          "forbidden",
          "success 3: 20 → 17 safe",
          "success 3: 17 → 14 safe",
          "amount_out_of_range",
          "amount_out_of_range",
          "amount_out_of_range",
          "amount_out_of_range",
          "amount_out_of_range",
          "insufficient_tokens 999999999999999: 14 → 14 safe",
          "amount_out_of_range",
          "success 0: 0 → 0 exhausted",
          "success 5: 495 → 490 safe",
        ])
      #expect(answers[2].planTitle == "Starter")
      #expect(try workplace.balance(of: suspended, "lead_generation") == 50)
      #expect(
        try workplace.administrator.lines(
          "SELECT reason, count(*) FROM tollgate.ledger WHERE kind = 'refusal' GROUP BY 1 ORDER BY 1") == [
            "insufficient_tokens|2", "not_on_plan|1", "organization_suspended|2",
          ])
    }
  }

  @Test("a batch of nothing is answered with nothing")
  func empty() async throws {
    try await Workplace.with { workplace in
      let answers = try workplace.server.settle([])
      #expect(answers.isEmpty)
    }
  }

  @Test("the largest batch of a lane settles in one call")
  func large() async throws {
    try await Workplace.with { workplace in
      var tenants: [Tenant] = []
      for number in 0..<64 { tenants.append(try workplace.tenant(plan: number % 2 == 0 ? "pro" : "enterprise")) }
      let answers = try workplace.server.settle(
        (0..<512).map { tenants[$0 % 64].deduction("analyze_strategy", units: Int64($0 / 64 + 1), key: "k\($0)") })
      // 2 × (1 + … + 8) = 72 of 100 or 1,000.
      #expect(answers.map(\.outcome) == Array(repeating: .success, count: 512))
      #expect(try workplace.balance(of: tenants[0], "strategy_analysis") == 28)
      #expect(try workplace.balance(of: tenants[63], "strategy_analysis") == 928)
    }
  }

  @Test("a batch of more than 1000 is refused as a whole")
  func tooLarge() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let error = #expect(throws: PostgresError.self) {
        _ = try workplace.server.settle((0...1000).map { tenant.deduction("generate_insight", key: "k\($0)") })
      }
      #expect(error?.sqlState?.rawValue == "TG400")
      #expect(try workplace.balance(of: tenant, "general") == 500)
    }
  }

  @Test("reserved tokens are not spent, whether the whole batch can be paid or not", arguments: [2, 4])
  func reserved(count: Int) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "UPDATE public.ai_tokens SET reserved = 11 WHERE organization_id = $1::uuid AND token_type = 'goal_generation'",
        [tenant.parameter])
      let answers = try workplace.server.settle((1...count).map { _ in tenant.deduction("generate_goal") })
      #expect(answers.compactMap(\.settlement?.available) == Array([6, 3, 0, 0].prefix(count)))
      let expected = [
        "success 3: 20 → 17 warning", "success 3: 17 → 14 critical", "success 3: 14 → 11 exhausted",
        "insufficient_tokens 3: 11 → 11 exhausted",
      ]
      #expect(answers.map(\.brief) == Array(expected.prefix(count)))
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET reserved = 0", [])
    }
  }

  @Test("two sessions whose batches share balances in opposite orders do not deadlock, and nothing is lost")
  func oppositeOrders() async throws {
    try await Workplace.with { workplace in
      var tenants: [Tenant] = []
      for _ in 0..<8 { tenants.append(try workplace.tenant(plan: "enterprise")) }
      let made = tenants
      let settings = workplace.serverSettings
      let line = StartingLine(4)
      let outcomes = try concurrently(4) { number in
        var connection = try Connection(settings)
        line.wait()
        var outcomes: [Outcome] = []
        for _ in 0..<10 {
          let batch = (number % 2 == 0 ? made : made.reversed()).map { $0.deduction("generate_insight") }
          outcomes += try connection.settle(batch).map(\.outcome)
        }
        return outcomes
      }
      #expect(outcomes.flatMap { $0 } == Array(repeating: .success, count: 320))
      for tenant in made { #expect(try workplace.balance(of: tenant, "general") == 460) }
    }
  }
}
