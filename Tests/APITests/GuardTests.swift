import JSON
import Testbed
import Testing

/// Behaviours B: a guard in front of an endpoint.
@Suite("Guards")
struct GuardTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("a request that can be paid for passes, with an empty body and the numbers, and nothing is spent")
  func passes() async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
      let answer = try await server.call(method, Path.passing("surprise_me"), token: tenant.token)
      #expect(answer.status == 200)
      #expect(answer.body == "")
      #expect(answer["X-Tollgate-Balance"] == "250")
      #expect(answer["X-Tollgate-Required"] == "50")
    }
    let head = try await server.send("HEAD", Path.passing("surprise_me"), token: tenant.token)
    #expect(head.status == 200)
    #expect(try await balance(of: tenant) == "250")
    #expect(try await refusals(of: tenant) == nil)
  }

  @Test("15 tokens for an action of 50 are 429 with the body that existing clients know, and recorded with the context")
  func insufficient() async throws {
    for query in ["", "?mode=check", "?mode=charge"] {
      let tenant = try await served.makeTenant(apiBudget: 15)
      let answer = try await server.call(
        "GET", Path.passing("surprise_me") + query, token: tenant.token, headers: [("X-Request-Id", "request-1")])
      #expect(answer.status == 429)
      #expect(answer["Content-Type"] == "application/json")
      #expect(
        answer.body.hasPrefix(
          #"{"detail":{"message":"Insufficient tokens: 15 available, 50 required","current_balance":15,"#
            + #""required_tokens":50,"endpoint":"surprise_me","deficit":35,"code":"insufficient_tokens","#))
      let id = try #require(try answer.json()["detail"]?["transaction_id"]?.string)
      #expect(
        try await refusals(of: tenant)
          == "\(id) surprise_me insufficient_tokens 50 15 15 \(tenant.userID) request-1 balance")
      #expect(try await balance(of: tenant) == "15")
      #expect(try await served.violations() == [])
    }
  }

  @Test("below 20 tokens every action is blocked, even one that could be paid", arguments: ["", "?mode=charge"])
  func critical(query: String) async throws {
    let tenant = try await served.makeTenant(apiBudget: 19)
    let answer = try await server.call("GET", Path.passing("product_lookup") + query, token: tenant.token)
    let detail = try answer.json()["detail"]
    #expect(answer.status == 429)
    #expect(detail?["code"]?.string == "critical_balance")
    #expect(detail?["message"]?.string?.contains("critical") == true)
    #expect(detail?["deficit"]?.integer == 0)
    #expect(try await balance(of: tenant) == "19")
    #expect(try await refusals(of: tenant)?.contains("critical_balance") == true)
  }

  @Test("mode=charge deducts, once for each request, by Idempotency-Key or else by X-Request-Id")
  func charges() async throws {
    let tenant = try await served.makeTenant(apiBudget: 500)
    let target = Path.passing("surprise_me") + "?mode=charge"
    func charge(_ headers: [(String, String)]) async throws -> String {
      let answer = try await server.call("GET", target, token: tenant.token, headers: headers)
      #expect(answer.status == 200)
      #expect(answer["X-Tollgate-Required"] == "50")
      return "\(answer["X-Tollgate-Balance"] ?? "") \(answer["Idempotent-Replayed"] ?? "new")"
    }
    #expect(try await charge([("X-Request-Id", "a")]) == "450 new")
    #expect(try await charge([("X-Request-Id", "a")]) == "450 true")
    #expect(try await charge([("X-Request-Id", "b")]) == "400 new")
    #expect(try await charge([("X-Request-Id", "b"), ("Idempotency-Key", "k")]) == "350 new")
    #expect(try await charge([("X-Request-Id", "c"), ("Idempotency-Key", "k")]) == "350 true")
    #expect(try await charge([]) == "300 new")
    #expect(try await charge([]) == "250 new")
    #expect(try await served.violations() == [])
  }

  @Test("one request that passes two guards pays at both of them")
  func twoGuards() async throws {
    let tenant = try await served.makeTenant(apiBudget: 500)
    for action in ["surprise_me", "manual_search", "surprise_me"] {
      let answer = try await server.call(
        "GET", Path.passing(action) + "?mode=charge", token: tenant.token, headers: [("X-Request-Id", "a")])
      #expect(answer.status == 200)
    }
    #expect(try await balance(of: tenant) == "440")
  }

  @Test(
    "many proxies that ask at once for the same request charge it once, and for different ones spend no token twice")
  func concurrently() async throws {
    let tenant = try await served.makeTenant(apiBudget: 225)
    func charge(_ id: String) async throws -> Int {
      try await server.call(
        "GET", Path.passing("surprise_me") + "?mode=charge", token: tenant.token, headers: [("X-Request-Id", id)]
      ).status
    }
    let same = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 1...12 { group.addTask { try await charge("same") } }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(same == Array(repeating: 200, count: 12))
    #expect(try await balance(of: tenant) == "175")
    let different = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 1...12 { group.addTask { try await charge("\(number)") } }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(different.filter { $0 == 200 }.count == 3)
    #expect(different.filter { $0 == 429 }.count == 9)
    #expect(try await balance(of: tenant) == "25")
    #expect(try await served.violations() == [])
  }

  @Test("a refusal says so with the status that a proxy hands on, and carries its own status and body as fields")
  func refusalStatus() async throws {
    let tenant = try await served.makeTenant(apiBudget: 15)
    for status in [402, 403, 429] {
      let answer = try await server.call(
        "GET", Path.passing("surprise_me") + "?refusalStatus=\(status)", token: tenant.token)
      #expect(answer.status == status)
      #expect(answer["X-Tollgate-Status"] == "429")
      #expect(answer["X-Tollgate-Refusal"] == answer.body)
    }
    let plain = try await server.call("GET", Path.passing("surprise_me"), token: tenant.token)
    #expect(plain["X-Tollgate-Refusal"] == nil)
  }

  @Test("a plan without the action is 403, checked or charged, and so is a suspended organization")
  func notOnPlan() async throws {
    let starter = try await served.makeTenant(plan: "starter")
    let answer = try await server.call("GET", Path.passing("generate_goal") + "?mode=charge", token: starter.token)
    #expect(answer.status == 403)
    #expect(try answer.json()["detail"]?["message"]?.string == "Not available on Starter plan")
    let checked = try await server.call("GET", Path.passing("generate_goal"), token: starter.token)
    #expect(checked.status == 403)
    #expect(try checked.json()["detail"]?["code"]?.string == "not_on_plan")
    let reasons = "SELECT string_agg(DISTINCT reason, ' ') FROM tollgate.ledger WHERE organization_id = "
    #expect(try await served.text(reasons + "'\(starter.organizationID)' AND status = 'refused'") == "not_on_plan")
    try await served.script(
      "UPDATE public.organizations SET status = 'suspended' WHERE id = '\(starter.organizationID)'")
    for query in ["", "?mode=charge"] {
      let suspended = try await server.call("GET", Path.passing("headline_pick") + query, token: starter.token)
      #expect(suspended.status == 403)
      #expect(suspended.body.contains("organization_suspended"))
    }
    #expect(try await served.violations() == [])
  }

  @Test("a quota that is used up says when there will be one again")
  func limited() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant(apiBudget: 250)
      try await served.script(
        "UPDATE tollgate.limits SET is_enabled = true, maximum = 1 WHERE limit_name = 'requests_per_minute'")
      let target = Path.passing("product_lookup")
      #expect(try await served.server.call("GET", target + "?mode=charge", token: tenant.token).status == 200)
      for query in ["", "?mode=charge"] {
        let answer = try await served.server.call("GET", target + query, token: tenant.token)
        #expect(answer.status == 429)
        let seconds = try #require(answer["Retry-After"].flatMap { Int($0) })
        #expect((1...60).contains(seconds))
        #expect(try answer.json()["detail"]?["message"]?.string == "A limit is reached: requests_per_minute")
        #expect(try answer.json()["detail"]?["limit"]?.string == "requests_per_minute")
      }
      #expect(try await served.violations() == [])
    }
  }

  @Test("who is not known does not pass, nor does an unknown action, another tenant or a query that is not understood")
  func problems() async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    let other = try await served.makeTenant(apiBudget: 250)
    let path = Path.passing("surprise_me")
    #expect(try await server.call("GET", path).status == 401)
    for query in ["", "?mode=charge"] {
      let answer = try await server.call("GET", Path.passing("fly") + query, token: tenant.token)
      #expect(answer.status == 404)
      #expect(try answer.json()["code"]?.string == "unknown_action")
    }
    for query in ["", "&mode=charge"] {
      let answer = try await server.call(
        "GET", path + "?organizationId=\(other.organizationID)" + query, token: tenant.token)
      #expect(answer.status == 404)
    }
    for query in [
      "?mode=spend", "?units=0", "?units=-1", "?units=1.5", "?units=+1", "?units=", "?refusalStatus=200",
      "?refusalStatus=", "?organizationId=1", "?price=1", "?mode=charge&mode=check",
    ] {
      #expect(try await server.call("GET", path + query, token: tenant.token).status == 400, "\(query)")
    }
    #expect(try await balance(of: other) == "250")
  }

  @Test("a service asks for the organization it names, and a user may pay for several at once")
  func named() async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    let service = try server.tokens.service()
    let target = Path.passing("manual_search") + "?mode=charge&units=3"
    #expect(try await server.call("GET", target, token: service).status == 400)
    let id = tenant.organizationID
    let named = try await server.call(
      "GET", target + "&organizationId=\(id)&userId=\(tenant.userID)", token: service)
    #expect(named["X-Tollgate-Balance"] == "220")
    #expect(try await server.call("GET", target, token: tenant.token)["X-Tollgate-Balance"] == "190")
    #expect(
      try await served.text(
        """
        SELECT string_agg(coalesce(user_id::text, ''), ' ') FROM public.ai_token_usage_log
        WHERE organization_id = '\(id)'
        """) == "\(tenant.userID) \(tenant.userID)")
  }

  private func balance(of tenant: Tenant) async throws -> String? {
    try await served.text(
      """
      SELECT balance FROM public.ai_tokens
      WHERE token_type = 'api_budget' AND organization_id = '\(tenant.organizationID)'
      """)
  }

  private func refusals(of tenant: Tenant) async throws -> String? {
    try await served.text(
      """
      SELECT string_agg(concat_ws(' ', id, feature_used, reason, required, balance_before, balance_after, user_id,
        event_id, metadata -> 'refusal' ->> 'limit'), '; ')
      FROM tollgate.ledger
      WHERE status = 'refused' AND organization_id = '\(tenant.organizationID)'
      """)
  }
}
