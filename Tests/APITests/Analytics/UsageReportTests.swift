import JSON
import Testbed
import Testing

@Suite("GET usage")
struct UsageReportTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  /// A tenant with two goals, one insight and a refusal, not rolled up yet.
  private func tenant(of other: ServedDatabase? = nil) async throws -> Tenant {
    let served = other ?? served
    let (tenant, server) = (try await served.makeTenant(), served.server)
    for body in [
      #"{"featureUsed":"generate_goal"}"#, #"{"featureUsed":"generate_goal"}"#, #"{"featureUsed":"generate_insight"}"#,
      #"{"featureUsed":"generate_goal","units":100}"#,
    ] {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: body)
    }
    return tenant
  }

  private func rows(_ tenant: Tenant, _ query: String) async throws -> [JSONValue] {
    let answer = try await server.call("GET", "/api/v1/tokens/usage?" + query, token: tenant.token)
    return try #require(try answer.json()["data"]?.array)
  }

  private func counts(_ row: JSONValue) -> [Int64?] {
    [row["uses"]?.integer, row["tokens"]?.integer, row["refusals"]?.integer]
  }

  @Test("adds up by any grouping, and is never behind the ledger, rolled up or not")
  func groupings() async throws {
    let tenant = try await tenant()
    for isRolledUp in [false, true] {
      if isRolledUp { try await served.script("SELECT tollgate.roll_up()") }
      let byFeature = try await rows(tenant, "groupBy=feature")
      #expect(byFeature.map { $0["featureUsed"]?.string } == ["generate_goal", "generate_insight"])
      #expect(byFeature.map(counts) == [[2, 6, 1], [1, 1, 0]])
      let byDay = try await rows(tenant, "")
      #expect(byDay.map(counts) == [[3, 7, 1]])
      #expect(byDay.first?["day"]?.string?.count == 10)
      #expect(byDay.first?.names == ["day", "uses", "tokens", "refusals"])
      let byHour = try await rows(tenant, "groupBy=hour,user,tokenType")
      #expect(byHour.map(counts) == [[2, 6, 1], [1, 1, 0]])
      #expect(byHour.allSatisfy { $0["userId"]?.string == tenant.userID })
      #expect(byHour.first?["hour"]?.string?.hasSuffix(":00:00.000000Z") == true)
      #expect(try await rows(tenant, "groupBy=tokenType&featureUsed=generate_insight").map(counts) == [[1, 1, 0]])
      #expect(try await rows(tenant, "groupBy=user&tokenType=goal_generation").map(counts) == [[2, 6, 1]])
      #expect(try await rows(tenant, "groupBy=day&to=2026-01-01T00:00:00Z").isEmpty)
    }
  }

  @Test("is CSV for who asks for it by format or Accept, with lines as RFC 4180 has them")
  func csv() async throws {
    let tenant = try await tenant()
    let target = "/api/v1/tokens/usage?groupBy=feature,tokenType"
    let expected =
      "featureUsed,tokenType,uses,tokens,refusals\r\ngenerate_goal,goal_generation,2,6,1\r\ngenerate_insight,general,1,1,0\r\n"
    let byFormat = try await server.call("GET", target + "&format=csv", token: tenant.token)
    #expect(byFormat.body == expected)
    #expect(byFormat["Content-Type"] == "text/csv; charset=utf-8; header=present")
    let byField = try await server.call("GET", target, token: tenant.token, headers: [("Accept", "text/csv")])
    #expect(byField.body == expected)
    let both = try await server.call(
      "GET", target, token: tenant.token, headers: [("Accept", "application/json, text/csv")])
    #expect(both["Content-Type"] == "application/json")
  }

  @Test("of all organizations names them, is a trusted server's alone, and of one is exact at once")
  func service() async throws {
    // A database of its own: rolling up all that other tests leave takes more than a turn.
    try await ServedDatabase.with { served in
      let (first, second) = (try await tenant(of: served), try await tenant(of: served))
      let server = served.server
      let token = try server.tokens.service()
      try await served.script("SELECT tollgate.roll_up()")
      let answer = try await server.call("GET", "/api/v1/admin/usage?groupBy=organization,feature", token: token)
      let found = try #require(try answer.json()["data"]?.array)
      for tenant in [first, second] {
        let own = found.filter { $0["organizationId"]?.string == tenant.organizationID }
        #expect(own.map { [$0["uses"]?.integer, $0["tokens"]?.integer] } == [[2, 6], [1, 1]])
      }
      let one = try await server.call(
        "GET", "/api/v1/admin/usage?groupBy=organization&organizationId=\(first.organizationID)", token: token)
      #expect(try one.json()["data"]?.array?.map(counts) == [[3, 7, 1]])
      #expect(try one.json()["data"]?.array?.first?["organizationId"]?.string == first.organizationID)
      let user = try await server.call(
        "GET", "/api/v1/admin/usage?groupBy=feature&userId=\(second.userID)&format=csv", token: token)
      #expect(user.body.contains("generate_goal,2,6,"))
      #expect(try await server.call("GET", "/api/v1/admin/usage", token: first.token).status == 403)
    }
  }

  @Test("has at most 10000 rows, and says so instead of leaving some out")
  func tooMany() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      try await served.script(
        """
        INSERT INTO tollgate.usage_hours (organization_id, hour, token_type, feature_used, user_id, uses, tokens, refusals)
        SELECT '\(tenant.organizationID)', date_trunc('hour', now()), 'general', 'generate_insight', gen_random_uuid(), 1, 1, 0
        FROM generate_series(1, 10001);
        """)
      let answer = try await served.server.call("GET", "/api/v1/tokens/usage?groupBy=user,hour", token: tenant.token)
      #expect(answer.status == 422)
      #expect(try answer.json()["code"]?.string == "too_many_rows")
    }
  }
}
