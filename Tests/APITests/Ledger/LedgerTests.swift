import JSON
import Testbed
import Testing

@Suite("GET ledger")
struct LedgerTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("each movement and each refusal is a row, the newest first")
  func everything() async throws {
    let tenant = try await served.makeTenant()
    for _ in 1...7 {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
    }
    let rows = try await server.ledger(tenant, "?tokenType=goal_generation")
    #expect(rows.map(\.kind) == ["refusal"] + Array(repeating: "deduction", count: 6) + ["allocation"])
    #expect(rows.map { $0["amount"]?.integer } == [0, -3, -3, -3, -3, -3, -3, 20])
    #expect(rows.map { $0["balanceBefore"]?.integer } == [2, 5, 8, 11, 14, 17, 20, 0])
    #expect(rows.map { $0["balanceAfter"]?.integer } == [2, 2, 5, 8, 11, 14, 17, 20])
    #expect(rows.map { $0["sequence"]?.integer } == [nil, 7, 6, 5, 4, 3, 2, 1])
    #expect(rows.map { $0["status"]?.string } == ["refused"] + Array(repeating: "success", count: 7))
    #expect(rows[0]["reason"]?.string == "insufficient_tokens")
    #expect(rows[0]["requiredTokens"]?.integer == 3)
    #expect(try await served.violations() == [])
  }

  @Test("a row tells what its request said")
  func request() async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call(
      "POST", Path.deduct, token: tenant.token, headers: [("Idempotency-Key", "k1")],
      body: #"{"featureUsed":"analyze_strategy","units":2,"eventId":"e1","metadata":{"é\"":[1,null]}}"#)
    let spent = try answer.json()
    let rows = try await server.ledger(tenant, "?kind=deduction")
    let row = try #require(rows.first)
    #expect(rows.count == 1)
    #expect(row["id"] == spent["transactionId"])
    #expect(row["createdAt"] == spent["createdAt"])
    #expect(row["featureUsed"]?.string == "analyze_strategy")
    #expect(row["userId"]?.string == tenant.userID)
    #expect(row["eventId"]?.string == "e1")
    #expect(row["idempotencyKey"]?.string == "k1")
    #expect(row["units"]?.integer == 2)
    #expect(row["priceVersion"]?.integer == 1)
    #expect(row["fromPurchased"]?.integer == 0)
    #expect(row["metadata"] == (try parseJSON(Array(#"{"é\"":[1,null]}"#.utf8))))
  }

  @Test("what an administrator changed by hand is an adjustment")
  func byHand() async throws {
    let tenant = try await served.makeTenant()
    try await served.script(
      """
      UPDATE public.ai_tokens SET balance = 9999
      WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'goal_generation';
      INSERT INTO public.ai_tokens (organization_id, token_type, balance) VALUES
        ('\(tenant.organizationID)', 'feature_depth', 10);
      """)
    for feature in ["generate_goal", "full_distribution"] {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"\#(feature)"}"#)
    }
    let rows = try await server.ledger(tenant, "?kind=adjustment")
    #expect(Set(rows.map { $0["tokenType"]?.string }) == ["goal_generation", "feature_depth"])
    #expect(Set(rows.map { $0["amount"]?.integer }) == [9979, 10])
    #expect(rows.allSatisfy { $0["reason"]?.string == "by_hand" })
    #expect(try await served.violations() == [])
  }

  @Test("pages in a row have each row once, also while new ones come")
  func pages() async throws {
    let tenant = try await served.makeTenant()
    func spend() async throws {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_insight"}"#)
    }
    for _ in 1...5 { try await spend() }
    let all = try await server.ledger(tenant, "?limit=500").map(\.id)
    #expect(all.count == 10)
    #expect(all == all.sorted(by: >))
    var seen: [String] = []
    var query = "?limit=3"
    var pageCount = 0
    while true {
      let page = try await server.call("GET", Path.ledger + query, token: tenant.token).json()
      let rows = try #require(page["data"]?.array)
      seen += rows.map(\.id)
      pageCount += 1
      guard let cursor = page["nextCursor"]?.string else { break }
      #expect(rows.count == 3)
      query = "?limit=3&cursor=\(cursor)"
      try await spend()
    }
    #expect(seen == all)
    #expect(pageCount == 4)
  }

  @Test("a page that ends with the last row is the last one")
  func exactPage() async throws {
    let tenant = try await served.makeTenant()
    let page = try await server.call("GET", Path.ledger + "?limit=5", token: tenant.token).json()
    #expect(page["data"]?.array?.count == 5)
    #expect(page["nextCursor"] == .null)
    let empty = try await server.call("GET", Path.ledger + "?kind=refund", token: tenant.token)
    #expect(empty.body == #"{"data":[],"nextCursor":null}"#)
  }

  @Test("kind, token type and time choose rows")
  func filters() async throws {
    let tenant = try await served.makeTenant()
    var times: [String] = []
    for feature in ["generate_goal", "generate_insight", "generate_leads"] {
      let answer = try await server.call(
        "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"\#(feature)"}"#)
      times.append(try #require(try answer.json()["createdAt"]?.string))
    }
    func features(_ query: String) async throws -> [String?] {
      try await server.ledger(tenant, "?kind=deduction" + query).map { $0["featureUsed"]?.string }
    }
    #expect(try await features("") == ["generate_leads", "generate_insight", "generate_goal"])
    #expect(try await features("&tokenType=general") == ["generate_insight"])
    #expect(try await features("&tokenType=nothing") == [])
    // From is included, to is not.
    #expect(try await features("&from=\(times[1])") == ["generate_leads", "generate_insight"])
    #expect(try await features("&to=\(times[1])") == ["generate_goal"])
    #expect(try await features("&from=\(times[1])&to=\(times[2])") == ["generate_insight"])
    #expect(try await features("&from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00%2B01:00") == [])
    let allocations = try await server.ledger(tenant, "?kind=allocation")
    #expect(allocations.count == 5)
  }

  @Test(
    "a query that says something else is 400",
    arguments: [
      "limit=0", "limit=501", "limit=+5", "limit=-1", "limit=", "limit=5.0", "limit=5&limit=5", "kind=use", "kind=",
      "kind=DEDUCTION", "from=yesterday", "from=2026-11-21", "to=2026-02-30T00:00:00Z", "cursor=", "cursor=x",
      "cursor=AAAA", "organizationId=1", "page=2",
    ])
  func malformed(query: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call("GET", Path.ledger + "?" + query, token: tenant.token)
    #expect(answer.status == 400)
    #expect(try answer.json()["code"]?.string == "invalid_request")
  }

  @Test("another tenant's ledger is not found, and no ledger is for nobody")
  func strangers() async throws {
    let tenant = try await served.makeTenant()
    let other = try await served.makeTenant()
    let named = "?organizationId=\(other.organizationID)"
    #expect(try await server.call("GET", Path.ledger + named, token: tenant.token).status == 404)
    #expect(try await server.call("GET", Path.ledger).status == 401)
    let service = try server.tokens.service()
    #expect(try await server.call("GET", Path.ledger, token: service).status == 400)
    #expect(try await server.call("GET", Path.ledger + named, token: service).json()["data"]?.array?.count == 5)
    let unknown = "?organizationId=00000000-0000-0000-0000-000000000000"
    #expect(try await server.call("GET", Path.ledger + unknown, token: service).status == 404)
  }
}

extension TestServer {
  /// The rows of a page of a tenant's ledger.
  func ledger(_ tenant: Tenant, _ query: String = "") async throws -> [JSONValue] {
    let answer = try await call("GET", Path.ledger + query, token: tenant.token)
    return try #require(try answer.json()["data"]?.array)
  }
}

extension JSONValue {
  fileprivate var id: String { self["id"]?.string ?? "none" }
  fileprivate var kind: String { self["kind"]?.string ?? "none" }
}
