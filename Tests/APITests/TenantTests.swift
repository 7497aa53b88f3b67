import JSON
import Testbed
import Testing

@Suite("whose tokens a request is about")
struct TenantTests {
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

  @Test("another organization is 403 on check-balance and stats, the same as one that does not exist")
  func otherOnAppRoutes() async throws {
    var bodies: Set<String> = []
    for id in [other.organizationID, Self.unknown] {
      for action in ["check", "deduct"] {
        let body = #"{"organizationId":"\#(id)","featureUsed":"generate_goal","action":"\#(action)"}"#
        bodies.insert(try await refusal(403, "POST", Path.checkBalance, body))
      }
      bodies.insert(try await refusal(403, "GET", Path.stats + "?organizationId=\(id)"))
    }
    #expect(bodies.count == 1)
    #expect(bodies.first?.contains(#""error":"Forbidden""#) == true)
    try await expectUntouched(other)
  }

  @Test("another organization is 404 elsewhere, the same as one that does not exist")
  func otherElsewhere() async throws {
    var bodies: Set<String> = []
    for id in [other.organizationID, Self.unknown] {
      let body = #"{"organizationId":"\#(id)","featureUsed":"generate_goal"}"#
      bodies.insert(try await refusal(404, "POST", Path.deduct, body))
      bodies.insert(try await refusal(404, "GET", Path.balance + "?organizationId=\(id)"))
    }
    #expect(bodies.count == 1)
    try await expectUntouched(other)
  }

  @Test("whether a feature or a key exists, a stranger does not learn")
  func strangersLearnNothing() async throws {
    let key = [("Idempotency-Key", "k")]
    _ = try await server.call(
      "POST", Path.deduct, token: other.token, headers: key, body: #"{"featureUsed":"generate_goal"}"#)
    var bodies: Set<String> = []
    for feature in ["generate_goal", "fly"] {
      for headers in [[], key] {
        let answer = try await server.call(
          "POST", Path.deduct, token: tenant.token, headers: Self.requestID + headers,
          body: #"{"organizationId":"\#(other.organizationID)","featureUsed":"\#(feature)","units":1000000000000000}"#)
        #expect(answer.status == 404)
        bodies.insert(answer.body)
      }
    }
    #expect(bodies.count == 1)
  }

  @Test("a user may name its own organization and itself, and nobody else")
  func own() async throws {
    func status(_ members: String) async throws -> Int {
      try await server.call(
        "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_insight",\#(members)}"#
      ).status
    }
    #expect(try await status(#""organizationId":"\#(tenant.organizationID)""#) == 200)
    #expect(try await status(#""organizationId":"\#(tenant.organizationID.uppercased())""#) == 200)
    #expect(try await status(#""userId":"\#(tenant.userID)""#) == 200)
    #expect(try await status(#""userId":"\#(other.userID)""#) == 403)
    #expect(try await status(#""userId":"\#(Self.unknown)""#) == 403)
  }

  @Test("a trusted server spends for any organization, for a user or for nobody")
  func service() async throws {
    let token = try server.tokens.service()
    for (named, userID) in [(#","userId":"\#(other.userID)""#, other.userID as String?), ("", nil)] {
      let answer = try await server.call(
        "POST", Path.deduct, token: token,
        body: #"{"organizationId":"\#(other.organizationID)","featureUsed":"generate_goal"\#(named)}"#)
      #expect(answer.status == 200)
      #expect(try answer.json()["organizationId"]?.string == other.organizationID)
      #expect(try answer.json()["userId"]?.string == userID)
      let id = try #require(try answer.json()["transactionId"]?.string)
      #expect(try await served.text("SELECT user_id FROM tollgate.ledger WHERE id = '\(id)'") == userID)
    }
    let check = try await server.call(
      "POST", Path.checkBalance, token: token, body: other.asking("generate_goal", "deduct"))
    #expect(try check.json()["remainingBalance"]?.integer == 11)
    for path in [Path.stats, Path.balance] {
      let answer = try await server.call("GET", path + "?organizationId=\(other.organizationID)", token: token)
      #expect(answer.status == 200)
    }
    #expect(try await served.violations() == [])
  }

  @Test("a trusted server is told 404 of an organization that does not exist, and 400 when it names none")
  func serviceErrors() async throws {
    let token = try server.tokens.service()
    func status(_ method: String, _ target: String, _ body: String? = nil) async throws -> Int {
      try await server.call(method, target, token: token, body: body).status
    }
    let id = #""organizationId":"\#(Self.unknown)""#
    for action in ["check", "deduct"] {
      let body = #"{\#(id),"featureUsed":"generate_goal","action":"\#(action)"}"#
      #expect(try await status("POST", Path.checkBalance, body) == 404)
    }
    #expect(try await status("POST", Path.deduct, #"{\#(id),"featureUsed":"generate_goal"}"#) == 404)
    #expect(try await status("GET", Path.stats + "?organizationId=\(Self.unknown)") == 404)
    #expect(try await status("GET", Path.balance + "?organizationId=\(Self.unknown)") == 404)
    #expect(try await status("POST", Path.deduct, #"{"featureUsed":"generate_goal"}"#) == 400)
    #expect(try await status("GET", Path.balance) == 400)
    #expect(try await status("GET", Path.stats) == 400)
  }

  @Test("a user who changes organizations is refused once at most, and never spends the old one's tokens")
  func moved() async throws {
    let body = #"{"featureUsed":"generate_goal"}"#
    func deduct() async throws -> RawClient.Answer {
      try await server.call("POST", Path.deduct, token: tenant.token, body: body)
    }
    #expect(try await deduct().json()["organizationId"]?.string == tenant.organizationID)
    try await served.script(
      """
      UPDATE public.user_profiles SET organization_id = '\(other.organizationID)' WHERE id = '\(tenant.userID)'
      """)
    #expect(try await deduct().status == 403)
    #expect(try await deduct().json()["organizationId"]?.string == other.organizationID)
    try await served.script("DELETE FROM public.user_profiles WHERE id = '\(tenant.userID)'")
    #expect(try await deduct().status == 403)
    #expect(try await deduct().status == 403)
    let balance = "SELECT balance FROM public.ai_tokens WHERE token_type = 'goal_generation' AND organization_id = "
    #expect(try await served.text(balance + "'\(tenant.organizationID)'") == "17")
    #expect(try await served.text(balance + "'\(other.organizationID)'") == "17")
  }

  private func refusal(_ status: Int, _ method: String, _ target: String, _ body: String? = nil) async throws
    -> String
  {
    let answer = try await server.call(method, target, token: tenant.token, headers: Self.requestID, body: body)
    #expect(answer.status == status, "\(target)")
    return answer.body
  }

  private func expectUntouched(_ tenant: Tenant) async throws {
    let count = try await served.text(
      """
      SELECT count(*) FROM tollgate.ledger
      WHERE kind IN ('deduction', 'refusal') AND organization_id = '\(tenant.organizationID)'
      """)
    #expect(count == "0")
  }
}
