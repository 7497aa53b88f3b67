import JSON
import Testbed
import Testing

@Suite("GET stats and GET balance")
struct ReadingTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("statistics are sums, and a row for each token type")
  func statistics() async throws {
    let tenant = try await served.makeTenant()
    _ = try await server.call(
      "POST", Path.checkBalance, token: tenant.token, body: tenant.asking("generate_goal", "deduct"))
    let date = try #require(
      try await served.text(
        """
        SELECT to_char(refresh_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM public.ai_tokens
        WHERE token_type = 'general' AND organization_id = '\(tenant.organizationID)'
        """))
    func row(_ type: String, _ balance: Int, _ allocated: Int, _ used: Int) -> String {
      #"{"token_type":"\#(type)","balance":\#(balance),"total_allocated":\#(allocated),"total_used":\#(used),"#
        + #""refresh_date":"\#(date)"}"#
    }
    let rows = [
      row("forecast", 30, 30, 0), row("general", 50, 50, 0), row("goal_generation", 17, 20, 3),
      row("lead_generation", 50, 50, 0), row("strategy_analysis", 100, 100, 0),
    ]
    let answer = try await statistics(tenant.token, tenant.organizationID)
    #expect(answer.status == 200)
    #expect(
      answer.body == #"{"totalBalance":247,"totalAllocated":250,"totalUsed":3,"refreshDate":"\#(date)","byType":["#
        + rows.joined(separator: ",") + "]}")
  }

  @Test(
    "every plan has its allocation of every token type",
    arguments: [
      ("starter", [0, 0, 0, 0, 0]), ("pro", [30, 50, 20, 50, 100]), ("enterprise", [200, 500, 200, 500, 1000]),
    ])
  func allocations(plan: String, allocated: [Int64]) async throws {
    let tenant = try await served.makeTenant(plan: plan)
    let body = try await statistics(tenant.token, tenant.organizationID).json()
    #expect(body["byType"]?.array?.compactMap { $0["total_allocated"]?.integer } == allocated)
    #expect(body["byType"]?.array?.compactMap { $0["balance"]?.integer } == allocated)
    #expect(body["totalBalance"]?.integer == allocated.reduce(0, +))
  }

  @Test(
    "statistics without an organization are 400, in words",
    arguments: ["", "?", "?organizationId=", "?organizationid=a"])
  func missing(query: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call("GET", Path.stats + query, token: tenant.token)
    #expect(answer.status == 400)
    #expect(try answer.json()["error"]?.string == "Missing organizationId")
  }

  @Test("statistics of two organizations at once, or of no UUID, are 400")
  func malformed() async throws {
    let tenant = try await served.makeTenant()
    let id = tenant.organizationID
    for query in [
      "?organizationId=\(id)&organizationId=\(id)", "?organizationId=1", "?organizationId=\(id)%00",
      "?organizationId=%FF",
    ] {
      let answer = try await server.call("GET", Path.stats + query, token: tenant.token)
      #expect(answer.status == 400, "\(query)")
    }
  }

  @Test("an id in upper case is the same id")
  func upperCase() async throws {
    let tenant = try await served.makeTenant()
    #expect(try await statistics(tenant.token, tenant.organizationID.uppercased()).status == 200)
  }

  @Test("balances say what is there, of all types or of one")
  func balances() async throws {
    let tenant = try await served.makeTenant()
    _ = try await server.call(
      "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal","units":4}"#)
    let all = try await server.call("GET", Path.balance, token: tenant.token).json()
    #expect(
      all["balances"]?.array?.compactMap { $0["tokenType"]?.string }
        == ["forecast", "general", "goal_generation", "lead_generation", "strategy_analysis"])
    let one = try await server.call("GET", Path.balance + "?tokenType=goal_generation", token: tenant.token)
    let date = try #require(try one.json()["balances"]?.array?.first?["refreshDate"]?.string)
    #expect(
      one.body == #"{"balances":[{"tokenType":"goal_generation","balance":8,"reserved":0,"available":8,"allocated":20,"#
        + #""used":12,"purchased":0,"refreshDate":"\#(date)","state":"warning"}]}"#)
    let named = try await server.call(
      "GET", Path.balance + "?organizationId=\(tenant.organizationID)&tokenType=goal_generation", token: tenant.token)
    #expect(named.body == one.body)
  }

  @Test("a parameter that balance does not have, or has twice, is 400")
  func unknownParameter() async throws {
    let tenant = try await served.makeTenant()
    for query in ["?limit=1", "?tokenType=a&tokenType=b", "?organizationId=x", "?organizationId="] {
      let answer = try await server.call("GET", Path.balance + query, token: tenant.token)
      #expect(answer.status == 400, "\(query)")
    }
  }

  private func statistics(_ token: String, _ organizationID: String) async throws -> RawClient.Answer {
    try await server.call("GET", Path.stats + "?organizationId=\(organizationID)", token: token)
  }
}
