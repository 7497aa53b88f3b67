import Postgres
import Testbed
import Testing
import Tokens

@Suite("Rules that balances are held against")
struct AlertRuleTests {
  @Test("an alert is raised once when its condition begins to hold, and recovers once when that ends")
  func edges() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.rule("available_below", 30, of: tenant)
      #expect(try workplace.edges() == [])
      try workplace.use(20, of: tenant)
      #expect(try workplace.edges() == [])
      try workplace.use(1, of: tenant)
      #expect(try workplace.edges() == ["raised general 29"])
      try workplace.use(5, of: tenant)
      #expect(try workplace.edges() == [])
      _ = try workplace.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 5, 'a')", [tenant.parameter])
      #expect(try workplace.edges() == [])
      try workplace.advance(by: "1 minute")
      _ = try workplace.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 1, 'b')", [tenant.parameter])
      #expect(try workplace.edges() == ["recovered general 30"])
      try workplace.advance(by: "1 minute")
      #expect(try workplace.edges() == [])
      try workplace.use(1, of: tenant)
      #expect(try workplace.edges() == ["raised general 29"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("what is reserved is not available, and a reset that is due counts before anybody has booked it")
  func asOfNow() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.rule("available_below", 30, of: tenant)
      _ = try workplace.administrator.query(
        "SELECT tollgate.reserve($1::uuid, NULL, 'generate_insight', 45, 86400)", [tenant.parameter])
      #expect(try workplace.edges() == ["raised general 5"])
      try workplace.advance(by: "25 hours")
      #expect(try workplace.edges() == ["recovered general 50"])
      try workplace.advance(by: "1 minute")
      try workplace.use(40, of: tenant)
      #expect(try workplace.edges() == ["raised general 10"])
      try workplace.advance(by: "30 days")
      #expect(try workplace.edges() == ["recovered general 50"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("percent left is of the period's allocation, and says nothing of what has none")
  func percent() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.rule("percent_left_below", 50, of: nil, tokenType: nil)
      _ = try workplace.tenant(plan: "starter")
      try workplace.use(25, of: tenant)
      #expect(try workplace.edges() == [])
      try workplace.use(1, of: tenant)
      #expect(try workplace.edges() == ["raised general 48"])
    }
  }

  @Test("tokens that a plan does not have cannot run out; those that were bought can")
  func neverThere() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      try workplace.rule("available_below", 10, of: nil, tokenType: nil)
      #expect(try workplace.edges() == [])
      _ = try workplace.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 9, 'a')", [tenant.parameter])
      #expect(try workplace.edges() == ["raised general 9"])
      try workplace.use(9, of: tenant)
      try workplace.advance(by: "61 days")
      #expect(try workplace.edges() == [])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("tokens an hour are those of the last hour, looked at once a minute")
  func rate() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.rule("tokens_per_hour_above", 100, of: tenant)
      try workplace.use(100, of: tenant)
      #expect(try workplace.edges() == [])
      try workplace.use(1, of: tenant)
      #expect(try workplace.edges() == [])
      try workplace.advance(by: "1 minute")
      #expect(try workplace.edges() == ["raised general 101"])
      try workplace.advance(by: "58 minutes")
      #expect(try workplace.edges() == [])
      try workplace.advance(by: "2 minutes")
      #expect(try workplace.edges() == ["recovered general 0"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("what was refunded was not used")
  func refunds() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.rule("tokens_per_hour_above", 100, of: tenant)
      try workplace.use(100, of: tenant)
      let charge = try workplace.administrator.text(
        "SELECT transaction_id FROM tollgate.deduct($1::uuid, NULL, 'generate_insight', 50)", [tenant.parameter])
      try workplace.advance(by: "2 minutes")
      #expect(try workplace.edges() == ["raised general 150"])
      _ = try workplace.administrator.query(
        "SELECT tollgate.refund($1::uuid, $2::uuid)", [tenant.parameter, .optional(charge)])
      try workplace.advance(by: "2 minutes")
      #expect(try workplace.edges() == ["recovered general 100"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("when tokens run out is told by the rate of the last 24 hours")
  func forecast() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.rule("runs_out_within_hours", 10, of: tenant)
      // 40 an hour for ten hours: 100 are left, for two and a half.
      for hour in 1...10 {
        try workplace.use(40, of: tenant)
        if hour < 10 { try workplace.advance(by: "1 hour") }
      }
      #expect(try workplace.edges() == ["raised general 2"])
      try workplace.advance(by: "25 hours")
      #expect(try workplace.edges() == ["recovered general"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("what was raised ends with its rule: deleted, inactive, or with another condition")
  func endOfRule() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.use(40, of: tenant)
      for change in [
        "tollgate.delete_alert('RULE')",
        "tollgate.set_alert('RULE', NULL, 'general', 'available_below', 30, '{}', false)",
        "tollgate.set_alert('RULE', NULL, 'general', 'available_below', 5, '{}', true)",
        "tollgate.set_alert('RULE', NULL, 'forecast', 'available_below', 5, '{}', true)",
      ] {
        let rule = try workplace.rule("available_below", 30, of: tenant)
        #expect(try workplace.edges() == ["raised general 10"])
        _ = try workplace.server.query(Statement("SELECT " + change.replacing("RULE", with: rule)))
        #expect(try workplace.edges() == [])
        try workplace.forgetWhenAlertsWereTold()
        #expect(try workplace.edges().map { $0.split(separator: " ")[0] } == ["recovered"], "\(change)")
        #expect(try workplace.edges() == [])
        if !change.contains("delete") {
          _ = try workplace.server.query("SELECT tollgate.delete_alert($1::uuid)", [.text(rule)])
        }
      }
    }
  }

  @Test("a threshold that its condition cannot have, an unknown token type and an address with a line end are no rule")
  func refused() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for (arguments, refusal) in [
        ("'general', 'available_below', 0, '{}'", "TG400"), ("'general', 'percent_left_below', 101, '{}'", "TG400"),
        ("'gold', 'available_below', 1, '{}'", "TG400"), ("'general', 'phase_of_moon', 1, '{}'", "TG400"),
        ("'general', 'available_below', 1, ARRAY[E'a@b.example\nBcc: c@d.example']", "TG400"),
        ("'general', 'available_below', 1, ARRAY['<a@b.example>']", "TG400"),
        ("'general', 'available_below', 1, '{a@b.example,c}'", "TG400"),
        ("'general', 'available_below', 1, '{a@b.example,c@d.example}'", nil),
      ] as [(String, String?)] {
        #expect(
          try workplace.server.refusal(
            Statement("SELECT tollgate.set_alert(NULL, '\(tenant.id)', \(arguments), true)")) == refusal, "\(arguments)"
        )
      }
      #expect(
        try workplace.server.refusal(
          "SELECT tollgate.set_alert(NULL, gen_random_uuid(), NULL, 'available_below', 1, '{}', true)") == "TG404")
    }
  }

  @Test("whatever writes an event queues it: a threshold, a limit, a plan, content")
  func queued() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.use(45, of: tenant)
      _ = try workplace.administrator.query(
        "SELECT tollgate.suspend_organization($1::uuid, 'unpaid')", [tenant.parameter])
      _ = try workplace.administrator.query("SELECT tollgate.change_plan($1::uuid, 'enterprise')", [tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), repeat('a', 40000))", [tenant.parameter])
      _ = try workplace.administrator.query("SELECT tollgate.reset_content_budget($1::uuid)", [tenant.parameter])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT DISTINCT event.kind FROM tollgate.events AS event
            JOIN tollgate.event_queue USING (organization_id, event_id) ORDER BY 1
          """) == [
            "content_reset", "content_threshold_crossed", "organization_suspended", "plan_changed", "threshold_crossed",
          ])
      #expect(
        try workplace.administrator.integer(
          """
          SELECT count(*) FROM tollgate.events LEFT JOIN tollgate.event_queue AS queued USING (organization_id, event_id)
          WHERE queued.event_id IS NULL
          """
        ) == 0)
    }
  }
}
