import JSON
import Testbed
import Testing

@Suite("PATCH admin/organizations/{id}")
struct OrganizationTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("an upgrade answers with the organization and what became of each balance")
  func upgrade() async throws {
    _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
    let answer = try await change(#"{"plan":"enterprise"}"#)
    #expect(answer.status == 200)
    let body = try answer.json()
    #expect(body["organizationId"]?.string == tenant.organizationID)
    #expect(body["plan"]?.string == "enterprise")
    #expect(body["nextPlan"] == .null && body["nextPlanFrom"] == .null)
    #expect(body["status"]?.string == "active" && body["preview"] == .boolean(false))
    #expect(Self.goals(body) == [17, 217, 20, 220])
    #expect(try await balance() == 217)
    // Again it changes nothing.
    #expect(Self.goals(try await change(#"{"plan":"enterprise"}"#).json()) == [217, 217, 220, 220])
    #expect(try await served.violations() == [])
  }

  @Test("a downgrade waits, is taken back by the present plan, and may be had at once")
  func downgrade() async throws {
    _ = try await change(#"{"plan":"enterprise"}"#)
    let waiting = try await change(#"{"plan":"pro"}"#).json()
    #expect(waiting["plan"]?.string == "enterprise" && waiting["nextPlan"]?.string == "pro")
    let date = waiting["balanceChanges"]?.array?.first?["effectiveAt"]
    #expect(waiting["nextPlanFrom"] == date && date != .null)
    #expect(Self.goals(waiting) == [220, 220, 220, 20])
    #expect(try await change(#"{"plan":"enterprise"}"#).json()["nextPlan"] == .null)
    let waitingUpgrade = try await change(#"{"plan":"starter","when":"reset"}"#).json()
    #expect(waitingUpgrade["nextPlan"]?.string == "starter")
    #expect(Self.goals(try await change(#"{"plan":"pro","when":"now"}"#).json()) == [220, 20, 220, 20])
    #expect(try await balance() == 20)
  }

  @Test("a preview answers what would be, and changes nothing")
  func preview() async throws {
    let foreseen = try await change(#"{"plan":"starter","when":"now","preview":true}"#).json()
    #expect(foreseen["preview"] == .boolean(true) && foreseen["plan"]?.string == "pro")
    #expect(Self.goals(foreseen) == [20, 0, 20, 0])
    #expect(try await balance() == 20)
  }

  @Test("a suspended organization spends nothing until it is active again, and has its tokens then")
  func suspension() async throws {
    let spending = #"{"featureUsed":"generate_goal"}"#
    let suspended = try await change(#"{"status":"suspended","reason":"payment failed"}"#).json()
    #expect(suspended["status"]?.string == "suspended" && suspended["balanceChanges"]?.array?.isEmpty == true)
    let refused = try await server.call("POST", Path.deduct, token: tenant.token, body: spending)
    #expect(refused.status == 403)
    #expect(try refused.json()["code"]?.string == "organization_suspended")
    // Paid, and a larger plan with it: both or nothing.
    let resumed = try await change(#"{"status":"active","plan":"enterprise"}"#).json()
    #expect(resumed["status"]?.string == "active" && resumed["plan"]?.string == "enterprise")
    let granted = try await server.call("POST", Path.deduct, token: tenant.token, body: spending)
    #expect(try granted.json()["balanceAfter"]?.integer == 217)
  }

  @Test("an unknown plan is 422, and the status that came with it stays as it was")
  func unknownPlan() async throws {
    for plan in ["gold", "", "Pro", "pro'", String(repeating: "a", count: 64)] {
      let answer = try await change(#"{"plan":"\#(plan)","status":"suspended"}"#)
      #expect(answer.status == 422)
      #expect(try answer.json()["code"]?.string == "unknown_plan")
    }
    #expect(
      try await served.text("SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'")
        == "active")
  }

  @Test(
    "a body that says nothing, or what cannot be, is 400",
    arguments: [
      "{}", #"{"when":"now"}"#, #"{"plan":"pro","when":"later"}"#, #"{"plan":1}"#, #"{"status":"deleted"}"#,
      #"{"plan":"pro","status":"active","preview":true}"#, #"{"status":"active","reason":"a"}"#,
      #"{"plan":"pro","reason":"a"}"#, #"{"status":"suspended","preview":true}"#, #"{"name":"a"}"#,
      #"{"plan":"pro","plan":"pro"}"#, #"{"status":"suspended","reason":"\u0000"}"#,
      #"{"status":"suspended","reason":"\#(String(repeating: "x", count: 501))"}"#,
    ])
  func malformed(body: String) async throws {
    #expect(try await change(body).status == 400)
  }

  @Test("a user may not, whatever the path and body say, and without a token nobody may")
  func users() async throws {
    for path in [path(tenant.organizationID), path("x")] {
      for body in [#"{"plan":"enterprise"}"#, "{"] {
        #expect(try await server.call("PATCH", path, token: tenant.token, body: body).status == 403)
        #expect(try await server.call("PATCH", path, body: body).status == 401)
      }
    }
    #expect(try await balance() == 20)
  }

  @Test("an organization that does not exist is 404, and so is what is no id")
  func unknown() async throws {
    let token = try server.tokens.service()
    for id in ["3f1b7c9e-0000-4000-8000-00000000000f", "x", "%2F"] {
      for body in [#"{"plan":"enterprise"}"#, #"{"status":"suspended"}"#] {
        #expect(try await server.call("PATCH", path(id), token: token, body: body).status == 404)
      }
    }
  }

  private func path(_ id: String) -> String { "/api/v1/admin/organizations/\(id)" }

  private func change(_ body: String) async throws -> RawClient.Answer {
    try await server.call("PATCH", path(tenant.organizationID), token: try server.tokens.service(), body: body)
  }

  private func balance() async throws -> Int64? {
    try await server.call("GET", Path.balance + "?tokenType=goal_generation", token: tenant.token)
      .json()["balances"]?.array?.first?["balance"]?.integer
  }

  /// Balance before and after, allocation before and after, of the goals.
  private static func goals(_ body: JSONValue) -> [Int64?] {
    let change = body["balanceChanges"]?.array?.first { $0["tokenType"]?.string == "goal_generation" }
    return ["balanceBefore", "balanceAfter", "allocatedBefore", "allocatedAfter"].map { change?[$0]?.integer }
  }
}
