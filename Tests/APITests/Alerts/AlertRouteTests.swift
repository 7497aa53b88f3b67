import JSON
import Testbed
import Testing

@Suite("Routes of alerts")
struct AlertRouteTests {
  private static let path = "/api/v1/admin/alerts"

  private static func make(_ served: ServedDatabase, _ tenant: Tenant, _ more: String = "") async throws -> String {
    let answer = try await served.server.call(
      "POST", path, token: served.server.tokens.service(),
      body: #"{"organizationId":"\#(tenant.organizationID)","condition":"available_below","threshold":30\#(more)}"#)
    #expect(answer.status == 201, "\(answer.body)")
    return try #require(try answer.json()["alertId"]?.string)
  }

  @Test("a rule is made, read, changed and deleted, and stays whose it is")
  func life() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    let id = try await Self.make(served, tenant, #","tokenType":"general","email":["ops@example.com"]"#)
    let read = try await served.server.call("GET", "\(Self.path)/\(id)", token: service)
    #expect(try read.json()["organizationId"]?.string == tenant.organizationID)
    #expect(try read.json()["email"]?.array?.first?.string == "ops@example.com")
    let changed = try await served.server.call(
      "PUT", "\(Self.path)/\(id)", token: service, body: #"{"condition":"percent_left_below","threshold":20}"#)
    #expect(changed.status == 200)
    #expect(try changed.json()["organizationId"]?.string == tenant.organizationID)
    #expect(try changed.json()["tokenType"]?.string == nil)
    let other = try await served.makeTenant()
    let moved = try await served.server.call(
      "PUT", "\(Self.path)/\(id)", token: service,
      body: #"{"organizationId":"\#(other.organizationID)","condition":"percent_left_below","threshold":20}"#)
    #expect(moved.status == 404)
    #expect(try await served.server.call("DELETE", "\(Self.path)/\(id)", token: service).status == 200)
    #expect(try await served.server.call("DELETE", "\(Self.path)/\(id)", token: service).status == 404)
    #expect(try await served.server.call("GET", "\(Self.path)/\(id)", token: service).status == 404)
  }

  @Test("under a key one rule is made, and the answer is the same again, also when the rule has changed since")
  func idempotency() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    @Sendable func post(threshold: Int = 30) async throws -> RawClient.Answer {
      try await served.server.call(
        "POST", Self.path, token: service, headers: [("Idempotency-Key", "rule")],
        body: #"{"organizationId":"\#(tenant.organizationID)","condition":"available_below","threshold":\#(threshold)}"#
      )
    }
    let answers = try await atOnce(4) { try await post() }
    #expect(answers.allSatisfy { $0.status == 201 })
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(answers.count { $0["Idempotent-Replayed"] == nil } == 1)
    let id = try #require(try answers[0].json()["alertId"]?.string)
    let read = try await served.server.call("GET", "\(Self.path)/\(id)", token: service)
    #expect(read.body == answers[0].body)
    _ = try await served.server.call(
      "PUT", "\(Self.path)/\(id)", token: service, body: #"{"condition":"available_below","threshold":1}"#)
    #expect(try await post().body == answers[0].body)
    let other = try await post(threshold: 31)
    #expect(other.status == 422)
    #expect(try other.code == "idempotency_key_reused")
    #expect(
      try await served.text("SELECT count(*) FROM tollgate.alerts WHERE organization_id = '\(tenant.organizationID)'")
        == "1")
    // A key is for one request of any kind.
    let spent = try await served.server.call(
      "POST", Path.deduct, token: tenant.token, headers: [("Idempotency-Key", "rule")],
      body: #"{"featureUsed":"generate_goal"}"#)
    #expect(try spent.code == "idempotency_key_reused")
    #expect(try await served.violations() == [])
  }

  @Test("rules are listed page by page, newest first, and an organization has at most a hundred")
  func pages() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    var made: [String] = []
    for _ in 1...100 { made.append(try await Self.make(served, tenant)) }
    let refused = try await served.server.call(
      "POST", Self.path, token: service,
      body: #"{"organizationId":"\#(tenant.organizationID)","condition":"available_below","threshold":30}"#)
    #expect(refused.status == 409)
    #expect(try refused.code == "too_many_receivers")
    var found: [String] = []
    var target: String? = "\(Self.path)?organizationId=\(tenant.organizationID)&limit=40"
    while let next = target {
      let page = try await served.server.call("GET", next, token: service).json()
      found += page["data"]?.array?.compactMap { $0["alertId"]?.string } ?? []
      target = page["nextCursor"]?.string.map {
        "\(Self.path)?organizationId=\(tenant.organizationID)&limit=40&cursor=\($0)"
      }
    }
    #expect(found.count == 100)
    #expect(Set(found) == Set(made))
    #expect(found == found.sorted(by: >))
  }

  @Test("an organization reads its own alerts, and thresholds that were crossed, and nobody else's")
  func events() async throws {
    // Balances of the one that all share are held against rules by nobody: others look whether anything there changes.
    try await ServedDatabase.with { served in
      let (tenant, other) = (try await served.makeTenant(), try await served.makeTenant())
      let id = try await Self.make(served, tenant, #","tokenType":"general""#)
      _ = try await served.server.call(
        "POST", "/api/v1/tokens/deduct", token: tenant.token, body: #"{"featureUsed":"generate_insight","units":45}"#)
      for _ in 1...100
      where try await served.text(
        "SELECT count(*) FROM tollgate.events WHERE organization_id = '\(tenant.organizationID)' AND kind = 'alert_raised'"
      ) == "0" {
        try await served.script("SELECT tollgate.evaluate_alerts()")
      }
      let own = try await served.server.call("GET", "/api/v1/alerts", token: tenant.token).json()
      #expect(own["data"]?.array?.map { $0["type"]?.string } == ["alert.raised", "balance.threshold_crossed"])
      let raised = try #require(own["data"]?.array?.first)
      #expect(raised["alertId"]?.string == id)
      #expect(raised["state"]?.string == "raised")
      #expect(raised["value"]?.integer == 5)
      #expect(raised["threshold"]?.integer == 30)
      let others = try await served.server.call("GET", "/api/v1/alerts", token: other.token).json()
      #expect(others["data"]?.array?.isEmpty == true)
      #expect(
        try await served.server.call(
          "GET", "/api/v1/alerts?organizationId=\(tenant.organizationID)", token: other.token
        ).status == 404)
      let service = try served.server.tokens.service()
      for (query, count) in [("state=raised", 1), ("state=recovered", 0)] {
        let page = try await served.server.call(
          "GET", "/api/v1/admin/alert-events?alertId=\(id)&organizationId=\(tenant.organizationID)&\(query)",
          token: service)
        #expect(try page.json()["data"]?.array?.count == count, "\(query)")
      }
    }
  }
}
