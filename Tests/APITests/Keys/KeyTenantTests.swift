import JSON
import Testbed
import Testing

@Suite("whose tokens a request with an API key is about")
struct KeyTenantTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant
  private let other: Tenant
  private static let unknown = "3f1b7c9e-0000-4000-8000-00000000000f"
  private static let requestID = [("X-Request-Id", "the-same")]

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
    other = try await served.makeTenant()
  }

  @Test("an organization's key spends its organization's tokens, named or not, for nobody in particular")
  func own() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "spend")
    for named in ["", #","organizationId":"\#(tenant.organizationID)""#] {
      let answer = try await server.call(
        "POST", Path.deduct, token: key.text, body: #"{"featureUsed":"generate_goal"\#(named)}"#)
      #expect(answer.status == 200)
      let body = try answer.json()
      #expect(body["organizationId"]?.string == tenant.organizationID && body["userId"] == .null)
      let id = try #require(body["transactionId"]?.string)
      #expect(try await served.text("SELECT user_id FROM tollgate.ledger WHERE id = '\(id)'") == nil)
    }
    let items = #"{"items":[{"idempotencyKey":"a","featureUsed":"generate_goal"}]}"#
    let batch = try await server.call("POST", Path.batch, token: key.text, body: items)
    #expect(try batch.json()["results"]?.array?.first?["status"]?.string == "success")
    let held = try await server.call(
      "POST", Path.reservations, token: key.text, body: #"{"featureUsed":"generate_goal"}"#)
    #expect(held.status == 201)
    let check = try await server.call(
      "POST", Path.checkBalance, token: key.text, body: tenant.asking("generate_goal", "deduct"))
    #expect(try check.json()["remainingBalance"]?.integer == 8)
    #expect(try await served.violations() == [])
  }

  @Test("an organization's key may name its members, and nobody else")
  func members() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "spend", "read")
    func deduct(_ members: String) async throws -> RawClient.Answer {
      try await server.call(
        "POST", Path.deduct, token: key.text, headers: Self.requestID,
        body: #"{"featureUsed":"generate_goal",\#(members)}"#)
    }
    let granted = try await deduct(#""userId":"\#(tenant.userID)""#)
    #expect(try granted.json()["userId"]?.string == tenant.userID)
    var bodies: Set<String> = []
    for user in [other.userID, Self.unknown] {
      for organization in ["", #","organizationId":"\#(tenant.organizationID)""#] {
        let refused = try await deduct(#""userId":"\#(user)"\#(organization)"#)
        #expect(refused.status == 403)
        bodies.insert(refused.body)
      }
    }
    #expect(bodies.count == 1)
  }

  @Test("another organization is 403 on check-balance and stats and 404 elsewhere, the same as one that does not exist")
  func others() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read", "spend", "admin")
    func call(_ method: String, _ target: String, _ body: String? = nil) async throws -> RawClient.Answer {
      try await server.call(method, target, token: key.text, headers: Self.requestID, body: body)
    }
    var forbidden: Set<String> = []
    var notFound: Set<String> = []
    for id in [other.organizationID, Self.unknown, "00000000-0000-0000-0000-000000000000"] {
      for action in ["check", "deduct"] {
        let body = #"{"organizationId":"\#(id)","featureUsed":"generate_goal","action":"\#(action)"}"#
        let answer = try await call("POST", Path.checkBalance, body)
        #expect(answer.status == 403)
        forbidden.insert(answer.body)
      }
      let stats = try await call("GET", Path.stats + "?organizationId=\(id)")
      #expect(stats.status == 403)
      forbidden.insert(stats.body)
      let named = #""organizationId":"\#(id)""#
      for (method, target, body) in [
        ("POST", Path.deduct, #"{\#(named),"featureUsed":"generate_goal"}"#),
        ("POST", Path.reservations, #"{\#(named),"featureUsed":"generate_goal"}"#),
        ("POST", Path.refund, #"{\#(named),"transactionId":"\#(Self.unknown)"}"#),
        ("GET", Path.balance + "?organizationId=\(id)", nil), ("GET", Path.ledger + "?organizationId=\(id)", nil),
        ("GET", Path.balance + "?organizationId=\(id)&at=2020-01-01T00:00:00Z", nil),
      ] {
        let answer = try await call(method, target, body)
        #expect(answer.status == 404, "\(method) \(target)")
        notFound.insert(answer.body)
      }
      let item = #"{"items":[{"idempotencyKey":"a","featureUsed":"generate_goal",\#(named)}]}"#
      let batch = try await call("POST", Path.batch, item).json()
      #expect(batch["results"]?.array?.first?["code"]?.string == "not_found")
    }
    #expect(forbidden.count == 1 && notFound.count == 1)
    let count = try await served.text(
      """
      SELECT count(*) FROM tollgate.ledger
      WHERE kind IN ('deduction', 'refusal', 'reservation') AND organization_id = '\(other.organizationID)'
      """)
    #expect(count == "0")
  }

  @Test("what is another organization's is 404 by its id, too: transactions and reservations")
  func otherIDs() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read", "spend")
    let spent = try await server.call(
      "POST", Path.deduct, token: other.token, body: #"{"featureUsed":"generate_goal"}"#
    ).json()
    let held = try await server.call(
      "POST", Path.reservations, token: other.token, body: #"{"featureUsed":"generate_goal"}"#
    ).json()
    let transaction = try #require(spent["transactionId"]?.string)
    let reservation = try #require(held["reservationId"]?.string)
    for (method, target, body) in [
      ("GET", Path.transactions + "/\(transaction)", nil), ("GET", Path.reservations + "/\(reservation)", nil),
      ("POST", Path.reservations + "/\(reservation)/capture", "{}"),
      ("POST", Path.reservations + "/\(reservation)/release", "{}"),
      ("POST", Path.refund, #"{"transactionId":"\#(transaction)"}"#),
    ] {
      #expect(try await server.call(method, target, token: key.text, body: body).status == 404, "\(method) \(target)")
    }
    #expect(try await server.call("GET", Path.reservations + "/\(reservation)", token: other.token).status == 200)
  }

  @Test("a service's key has to name the organization, and may name any")
  func service() async throws {
    let key = try await server.makeKey(of: nil, "read", "spend")
    #expect(try await server.call("GET", Path.balance, token: key.text).status == 400)
    for tenant in [tenant, other] {
      let body =
        #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal","userId":"\#(tenant.userID)"}"#
      let answer = try await server.call("POST", Path.deduct, token: key.text, body: body)
      #expect(try answer.json()["userId"]?.string == tenant.userID)
      let path = Path.stats + "?organizationId=\(tenant.organizationID)"
      #expect(try await server.call("GET", path, token: key.text).status == 200)
    }
    #expect(
      try await server.call("GET", Path.balance + "?organizationId=\(Self.unknown)", token: key.text).status == 404)
  }

  @Test("a key of a suspended organization reads, and spends nothing")
  func suspended() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read", "spend")
    try await served.script("SELECT tollgate.suspend_organization('\(tenant.organizationID)', 'unpaid')")
    let refused = try await server.call(
      "POST", Path.deduct, token: key.text, body: #"{"featureUsed":"generate_goal"}"#)
    #expect(try refused.json()["code"]?.string == "organization_suspended")
    #expect(try await server.status(of: key) == 200)
  }
}
