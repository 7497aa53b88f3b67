import JSON
import Testbed
import Testing

@Suite("GET balance at an instant")
struct PastBalanceTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  /// Balance and reserved tokens of a type at an instant; nil where the ledger tells of none.
  private func balance(
    _ tenant: Tenant, _ tokenType: String, at instant: String
  ) async throws -> [Int64?]? {
    let answer = try await server.call(
      "GET", Path.balance + "?tokenType=\(tokenType)&at=\(instant)", token: tenant.token)
    let found = try #require(try answer.json()["balances"]?.array).first
    return found.map { [$0["balance"]?.integer, $0["reserved"]?.integer, $0["available"]?.integer] }
  }

  private func now() async throws -> String {
    try #require(try await served.text("SELECT tollgate.rfc3339(clock_timestamp())"))
  }

  private func spend(_ tenant: Tenant, _ feature: String, units: Int = 1) async throws -> String {
    let answer = try await server.call(
      "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"\#(feature)","units":\#(units)}"#)
    return try answer.json()["createdAt"]?.string ?? ""
  }

  @Test("each movement changes the balance from its instant on")
  func movements() async throws {
    let tenant = try await served.makeTenant()
    let begun = try await now()
    let first = try await spend(tenant, "generate_goal")
    let second = try await spend(tenant, "generate_goal", units: 2)
    _ = try await spend(tenant, "generate_goal", units: 100)
    let end = try await now()
    #expect(try await balance(tenant, "goal_generation", at: begun) == [20, 0, 20])
    #expect(try await balance(tenant, "goal_generation", at: first) == [17, 0, 17])
    #expect(try await balance(tenant, "goal_generation", at: second) == [11, 0, 11])
    #expect(try await balance(tenant, "goal_generation", at: end) == [11, 0, 11])
    #expect(try await balance(tenant, "forecast", at: end) == [30, 0, 30])
    #expect(try await balance(tenant, "goal_generation", at: "2001-01-01T00:00:00Z") == nil)
  }

  @Test("a change by hand counts from when it was booked")
  func byHand() async throws {
    let tenant = try await served.makeTenant()
    _ = try await spend(tenant, "generate_goal")
    try await served.script(
      """
      UPDATE public.ai_tokens SET balance = 50
      WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'goal_generation'
      """)
    let before = try await now()
    let booked = try await spend(tenant, "generate_goal")
    #expect(try await balance(tenant, "goal_generation", at: before) == [17, 0, 17])
    #expect(try await balance(tenant, "goal_generation", at: booked) == [47, 0, 47])
  }

  @Test("tokens are reserved while their reservation lasts")
  func reserved() async throws {
    let tenant = try await served.makeTenant()
    let before = try await now()
    let held = try await server.call(
      "POST", Path.reservations, token: tenant.token, body: #"{"tokenType":"general","amount":8}"#)
    let reservationID = try #require(try held.json()["reservationId"]?.string)
    let during = try await now()
    let captured = try await server.call(
      "POST", "\(Path.reservations)/\(reservationID)/capture", token: tenant.token, body: #"{"amount":5}"#)
    #expect(captured.status == 200)
    let after = try await now()
    #expect(try await balance(tenant, "general", at: before) == [50, 0, 50])
    #expect(try await balance(tenant, "general", at: during) == [50, 8, 42])
    #expect(try await balance(tenant, "general", at: after) == [45, 0, 45])
    #expect(try await served.violations() == [])
  }

  @Test("all token types that had moved by then are told, without what the ledger does not know")
  func form() async throws {
    let tenant = try await served.makeTenant()
    let instant = try await now()
    let answer = try await server.call("GET", Path.balance + "?at=\(instant)", token: tenant.token)
    let body = try answer.json()
    #expect(body["at"]?.string == instant)
    let balances = try #require(body["balances"]?.array)
    #expect(balances.map { $0["balance"]?.integer } == [30, 50, 20, 50, 100])
    for balance in balances {
      for member in ["allocated", "used", "purchased", "refreshDate", "state"] { #expect(balance[member] == .null) }
    }
  }

  @Test("the future, and what is no instant, are 400", arguments: ["2999-01-01T00:00:00Z", "now", "", "2026-11-21"])
  func future(instant: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call("GET", Path.balance + "?at=\(instant)", token: tenant.token)
    #expect(answer.status == 400)
  }

  @Test("another tenant's balances of the past are not found either")
  func strangers() async throws {
    let tenant = try await served.makeTenant()
    let other = try await served.makeTenant()
    let query = "?organizationId=\(other.organizationID)&at=\(try await now())"
    #expect(try await server.call("GET", Path.balance + query, token: tenant.token).status == 404)
    let service = try server.tokens.service()
    #expect(try await server.call("GET", Path.balance + query, token: service).status == 200)
  }
}
