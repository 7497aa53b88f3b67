import JSON
import Testbed
import Testing

@Suite("Prices and estimates")
struct EstimateTests {
  @Test("an organization's uses are priced on each plan: the plan, packs beyond it, and what nothing pays for")
  func estimates() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let token = try server.tokens.service()
      let tenant = try await served.makeTenant(plan: "enterprise")
      for _ in 0..<9 {
        _ = try await server.call(
          "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal","units":7}"#)
      }
      for (path, amount) in [("plans/pro", 4900), ("plans/enterprise", 49_900), ("packs/500", 1000), ("packs/20", 100)]
      {
        let answer = try await server.call(
          "PUT", "/api/v1/admin/\(path)/price", token: token, body: #"{"amountMinor":\#(amount),"currency":"EUR"}"#)
        #expect(answer.status == 200)
      }
      let answer = try await server.call(
        "GET", "/api/v1/admin/organizations/\(tenant.organizationID)/plan-estimates", token: token)
      let estimates = try #require(try answer.json()["data"]?.array)
      #expect(estimates.map { $0["plan"]?.string } == ["pro", "enterprise", "starter"])
      #expect(estimates.map { $0["current"] } == [.boolean(false), .boolean(true), .boolean(false)])
      // 189 tokens in 30 days: Pro has 20, and nine packs of 20 for the other 169 cost 900, one of 500 costs 1000.
      let pro = estimates[0]
      #expect(pro["packs"]?.array?.first?["missing"]?.integer == 169)
      #expect(pro["packs"]?.array?.first?["packs"]?.array?.first?["count"]?.integer == 9)
      #expect(pro["total"]?["amountMinor"]?.integer == 5800)
      #expect(estimates[1]["total"]?["amountMinor"]?.integer == 49_900)
      // Starter has no price, and all of its goals are bought.
      #expect(estimates[2]["total"] == .null)
      #expect(estimates[2]["packs"]?.array?.first?["missing"]?.integer == 189)
      #expect(estimates[2]["unaffordable"] == .object(JSONObject()))
      #expect(
        try await served.text(
          "SELECT string_agg(change, ' ' ORDER BY change) FROM tollgate.audit_log WHERE change ~ 'price'")
          == "pack_price.create pack_price.create plan_price.create plan_price.create")
      #expect(try await served.violations() == [])
    }
  }

  @Test("each plan is held against its own periods, and what was refunded is not paid for")
  func periods() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant(plan: "enterprise")
      let id = tenant.organizationID
      try await served.script(
        """
        UPDATE tollgate.plan_allocations SET tokens = 10, period = 'day'
        WHERE plan = 'starter' AND token_type = 'goal_generation';
        UPDATE tollgate.plan_allocations SET tokens = 30, period = 'never'
        WHERE plan = 'pro' AND token_type = 'goal_generation';
        SELECT tollgate.set_pack_price(5, 100, 'EUR');
        """)
      for day in 0..<3 {
        // Of five goals a day one is refunded: 12 tokens are left.
        try await served.script(
          """
          SET tollgate.clock = '\(try await moment(day, served))';
          SELECT tollgate.deduct('\(id)', NULL, 'generate_goal', 4);
          SELECT tollgate.refund('\(id)', transaction_id) FROM tollgate.deduct('\(id)', NULL, 'generate_goal');
          RESET tollgate.clock
          """)
      }
      for isRolledUp in [false, true] {
        let at = try await moment(3, served)
        if isRolledUp {
          try await served.script("SET tollgate.clock = '\(at)'; SELECT tollgate.roll_up(); RESET tollgate.clock")
        }
        let missing = try await served.text(
          """
          SELECT string_agg(concat_ws(' ', plan ->> 'plan', plan -> 'packs' -> 0 ->> 'missing', plan -> 'unaffordable'), '; '
            ORDER BY plan ->> 'plan')
          FROM json_array_elements(tollgate.estimate_plans('\(id)', '\(at)'::date - 3, '\(at)'::date)) AS plan
          """)
        #expect(missing == "enterprise {}; pro 6 {}; starter 6 {}")
      }
      #expect(try await served.violations() == [])
    }
  }

  /// Noon of a day to come.
  private func moment(_ day: Int, _ served: ServedDatabase) async throws -> String {
    try #require(
      try await served.text("SELECT (current_date + \(day))::timestamp AT TIME ZONE 'UTC' + interval '12 hours'"))
  }

  @Test("the export of an organization that is not there is 404")
  func unknown() async throws {
    let served = try await ServedDatabase.shared()
    let answer = try await served.server.call(
      "GET", "/api/v1/admin/usage/focus?organizationId=3f1b7c9e-0000-4000-8000-0000000000bb",
      token: try served.server.tokens.service())
    #expect(answer.status == 404)
  }

  @Test("the export to FinOps tools has the columns of FOCUS, costs of 0 and quantities in tokens")
  func focus() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await served.makeTenant()
      try await served.script("UPDATE public.organizations SET name = '=cmd|''x'',\"y\"'")
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
      try await served.script("SELECT tollgate.roll_up()")
      let answer = try await server.call("GET", "/api/v1/admin/usage/focus", token: try server.tokens.service())
      let lines = answer.body.split(separator: "\r\n").map(String.init)
      try #require(lines.count == 2, "\(answer.body)")
      let columns = lines[0].split(separator: ",").map(String.init)
      let mandatory = [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
        "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd",
        "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
        "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
      ]
      #expect(Set(mandatory).subtracting(columns).isEmpty)
      #expect(lines[1].hasPrefix("0,\(tenant.organizationID),\"'=cmd|'x',\"\"y\"\"\",,"))
      #expect(lines[1].contains(",Usage,,Tokens of goal_generation used for generate_goal,Usage-Based,"))
      #expect(lines[1].hasSuffix(",0,goal_generation,1"))
    }
  }
}
