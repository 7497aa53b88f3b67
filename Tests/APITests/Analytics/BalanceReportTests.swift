import JSON
import Testbed
import Testing

@Suite("Reports on balances")
struct BalanceReportTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  private func tenant(goals: Int, of other: ServedDatabase? = nil) async throws -> Tenant {
    let served = other ?? served
    let (tenant, server) = (try await served.makeTenant(), served.server)
    for _ in 0..<goals {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
    }
    return tenant
  }

  @Test("a forecast divides what is left by what was used, and is null without use")
  func forecast() async throws {
    let tenant = try await tenant(goals: 4)
    let answer = try await server.call("GET", "/api/v1/tokens/forecast", token: tenant.token)
    let forecasts = try #require(try answer.json()["data"]?.array)
    let goals = try #require(forecasts.first { $0["tokenType"]?.string == "goal_generation" })
    // 12 tokens in what counts as one day: 8 are left for two thirds of a day.
    #expect(goals["available"]?.integer == 8)
    #expect(goals["tokensPerDay"] == .real(12))
    let seconds = try await served.text(
      "SELECT extract(epoch FROM '\(goals["runsOutAt"]?.string ?? "")'::timestamptz - now())::bigint / 600")
    #expect(["95", "96"].contains(seconds))
    #expect(goals["runsOutBeforeRefresh"] == .boolean(true))
    let unused = try #require(forecasts.first { $0["tokenType"]?.string == "forecast" })
    #expect(unused["tokensPerDay"] == .real(0))
    #expect(unused["runsOutAt"] == .null)
    #expect(unused["runsOutBeforeRefresh"] == .boolean(false))
  }

  @Test("a forecast says when the first of the bought tokens expire, and how many, as of now")
  func expiry() async throws {
    let tenant = try await served.makeTenant()
    let token = try server.tokens.service()
    for (payment, amount, time) in [("pi_1", 7, "2099-01-02"), ("pi_2", 5, "2099-01-02"), ("pi_3", 9, "2099-03-04")] {
      let answer = try await server.call(
        "POST", Path.topUp, token: token,
        body: #"{"organizationId":"\#(tenant.organizationID)","tokenType":"general","amount":\#(amount),"#
          + #""paymentId":"\#(payment)","expiresAt":"\#(time)T00:00:00Z"}"#)
      #expect(answer.status == 201, "\(answer.body)")
    }
    #expect(try await nextExpiry(tenant) == #"{"at":"2099-01-02T00:00:00.000000Z","tokens":12}"#)
    // The plan's 50 first, then of the pack that expires first.
    _ = try await served.charge(tenant, "generate_insight", units: 52)
    #expect(try await nextExpiry(tenant) == #"{"at":"2099-01-02T00:00:00.000000Z","tokens":10}"#)
    _ = try await served.charge(tenant, "generate_insight", units: 10)
    #expect(try await nextExpiry(tenant) == #"{"at":"2099-03-04T00:00:00.000000Z","tokens":9}"#)
    _ = try await served.charge(tenant, "generate_insight", units: 9)
    #expect(try await nextExpiry(tenant) == "null")
  }

  private func nextExpiry(_ tenant: Tenant) async throws -> String {
    let answer = try await server.call("GET", "/api/v1/tokens/forecast", token: tenant.token)
    let forecasts = try #require(try answer.json()["data"]?.array)
    for other in forecasts where other["tokenType"]?.string != "general" { #expect(other["nextExpiry"] == .null) }
    let general = try #require(forecasts.first { $0["tokenType"]?.string == "general" })
    return String(decoding: try #require(general["nextExpiry"]).encoded(), as: UTF8.self)
  }

  @Test("what was refunded was not used: a forecast is as if it had not been")
  func refunded() async throws {
    let tenant = try await tenant(goals: 2)
    let token = try server.tokens.service()
    let charge = try await server.call(
      "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal","units":3}"#)
    let id = try #require(try charge.json()["transactionId"]?.string)
    let refund = try await server.call(
      "POST", "/api/v1/tokens/refund", token: token,
      body: #"{"organizationId":"\#(tenant.organizationID)","transactionId":"\#(id)"}"#)
    #expect(refund.status == 200, "\(refund.body)")
    for isRolledUp in [false, true] {
      if isRolledUp { try await served.script("SELECT tollgate.roll_up()") }
      let answer = try await server.call("GET", "/api/v1/tokens/forecast", token: tenant.token)
      let goals = try #require(
        try answer.json()["data"]?.array?.first { $0["tokenType"]?.string == "goal_generation" })
      #expect(goals["tokensPerDay"] == .real(6))
    }
  }

  @Test("the history has what was used and granted, and the balance at the day's end")
  func history() async throws {
    let tenant = try await tenant(goals: 2)
    for isRolledUp in [false, true] {
      if isRolledUp { try await served.script("SELECT tollgate.roll_up()") }
      let answer = try await server.call(
        "GET", "/api/v1/tokens/history?tokenType=goal_generation", token: tenant.token)
      let days = try #require(try answer.json()["data"]?.array)
      #expect(days.map { [$0["used"]?.integer, $0["granted"]?.integer, $0["balance"]?.integer] } == [[6, 20, 14]])
    }
  }

  @Test("the history has what the balances were before its first day, as far as they had moved")
  func before() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await tenant(goals: 2, of: served)
      try await served.script("SELECT tollgate.roll_up(); UPDATE tollgate.balance_days SET day = day - 40")
      _ = try await served.server.call(
        "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
      for (query, types) in [("?tokenType=goal_generation", 1), ("", 5)] {
        let answer = try await served.server.call("GET", "/api/v1/tokens/history\(query)", token: tenant.token)
        let history = try answer.json()
        let before = try #require(history["balancesBefore"]?.array)
        #expect(before.count == types)
        #expect(before.first { $0["tokenType"]?.string == "goal_generation" }?["balance"]?.integer == 14)
        let days = try #require(history["data"]?.array)
        #expect(days.map { [$0["used"]?.integer, $0["granted"]?.integer, $0["balance"]?.integer] } == [[3, 0, 11]])
      }
    }
  }

  @Test("balances of all organizations that run out are listed soonest first, page by page")
  func ending() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenants = (try await tenant(goals: 6, of: served), try await tenant(goals: 5, of: served))
      try await served.script("SELECT tollgate.roll_up()")
      let token = try server.tokens.service()
      var found: [JSONValue] = []
      var cursor = ""
      repeat {
        let answer = try await server.call(
          "GET", "/api/v1/admin/forecast?withinDays=3&limit=500\(cursor)", token: token)
        let page = try answer.json()
        found += page["data"]?.array ?? []
        cursor = page["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
      } while cursor != ""
      let organizations = found.map { $0["organizationId"]?.string }
      let first = try #require(organizations.firstIndex(of: tenants.0.organizationID))
      let second = try #require(organizations.firstIndex(of: tenants.1.organizationID))
      #expect(first < second)
      #expect(found[first]["available"]?.integer == 2)
      #expect(found[first]["plan"]?.string == "pro")
    }
  }

  @Test("the overview counts organizations and what they used, and names who has little left")
  func overview() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await tenant(goals: 6, of: served)
      try await served.script("SELECT tollgate.roll_up()")
      let answer = try await server.call("GET", "/api/v1/admin/overview", token: try server.tokens.service())
      let overview = try answer.json()
      #expect((overview["organizations"]?["total"]?.integer ?? 0) > 0)
      #expect((overview["usage"]?["today"]?["uses"]?.integer ?? 0) >= 6)
      #expect((overview["topFeatures"]?.array?.count ?? 0) > 0)
      #expect(overview["perDay"]?.array?.last?["day"]?.string?.count == 10)
      #expect(overview["rolledUpTo"]?.string != nil)
      #expect(overview["dueResets"]?.integer == 0)
      #expect(overview["resetsWithinDay"]?.integer == 0)
      try await served.script(
        """
        UPDATE public.ai_tokens SET refresh_date = now() + interval '23 hours'
        WHERE organization_id = '\(tenant.organizationID)' AND token_type IN ('general', 'forecast');
        UPDATE public.ai_tokens SET refresh_date = now() + interval '25 hours'
        WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'goal_generation';
        """)
      let later = try await server.call("GET", "/api/v1/admin/overview", token: try server.tokens.service()).json()
      #expect(later["dueResets"]?.integer == 0)
      #expect(later["resetsWithinDay"]?.integer == 2)
      #expect(
        try await served.text(
          """
          SELECT state FROM tollgate.rolled_balances
          WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'goal_generation'
          """) == "critical")
      #expect(try await server.call("GET", "/api/v1/admin/overview", token: tenant.token).status == 403)
    }
  }
}
