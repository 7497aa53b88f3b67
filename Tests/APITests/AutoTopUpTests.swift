import JSON
import Testbed
import Testing

@Suite("admin/organizations/{id}/auto-top-ups/{tokenType}")
struct AutoTopUpTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("PUT sets it with its defaults and again without them, DELETE takes it away once")
  func setAndClear() async throws {
    let defaults = try await call("PUT", "general", #"{"below":10,"amount":500}"#)
    #expect(defaults.status == 200)
    #expect(
      defaults.body == #"{"organizationId":"\#(tenant.organizationID)","tokenType":"general","below":10,"amount":500,"#
        + #""periodMaximum":3,"coolOffSeconds":3600}"#)
    #expect(try await stored() == "10 500 3 3600")
    _ = try await call("PUT", "general", #"{"below":20,"amount":1,"periodMaximum":0,"coolOffSeconds":0}"#)
    #expect(try await stored() == "20 1 0 0")
    for wasSet in [true, false] {
      let answer = try await call("DELETE", "general")
      #expect(answer.status == 200)
      #expect(try answer.json()["wasSet"] == .boolean(wasSet))
    }
    #expect(try await stored() == "")
  }

  @Test("a spending that leaves less than wanted writes the event that asks for a top-up")
  func event() async throws {
    _ = try await call("PUT", "goal_generation", #"{"below":15,"amount":500}"#)
    for _ in 1...3 {
      _ = try await server.call("POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
    }
    #expect(
      try await served.text(
        """
        SELECT string_agg(payload::text, ',') FROM tollgate.events
        WHERE kind = 'top_up_requested' AND organization_id = '\(tenant.organizationID)'
        """) == #"{"amount": 500, "available": 14, "tokenType": "goal_generation"}"#)
  }

  @Test(
    "what is out of range or unknown is refused",
    arguments: [
      (#"{"below":0,"amount":500}"#, 422), (#"{"below":10,"amount":0}"#, 422),
      (#"{"below":10,"amount":1000000000000001}"#, 422), (#"{"below":10}"#, 400), ("{}", 400),
      (#"{"below":10,"amount":500,"periodMaximum":1001}"#, 400),
      (#"{"below":10,"amount":500,"coolOffSeconds":-1}"#, 400),
      (#"{"below":10,"amount":500,"more":1}"#, 400), (#"{"below":"10","amount":500}"#, 400),
    ])
  func refused(body: String, status: Int) async throws {
    #expect(try await call("PUT", "general", body).status == status)
    #expect(try await stored() == "")
  }

  @Test("an unknown organization or token type is 404, a user is 403")
  func unknown() async throws {
    let body = #"{"below":10,"amount":500}"#
    for tokenType in ["gold", "General", "%20", "a%2Fb"] {
      #expect(try await call("PUT", tokenType, body).status == 404)
    }
    let service = try server.tokens.service()
    for id in ["3f1b7c9e-0000-4000-8000-00000000000f", "x"] {
      let path = "/api/v1/admin/organizations/\(id)/auto-top-ups/general"
      #expect(try await server.call("PUT", path, token: service, body: body).status == 404)
      #expect(try await server.call("DELETE", path, token: service).status == 404)
    }
    #expect(try await server.call("PUT", path("general"), token: tenant.token, body: body).status == 403)
    #expect(try await server.call("DELETE", path("general"), token: tenant.token).status == 403)
  }

  private func path(_ tokenType: String) -> String {
    "/api/v1/admin/organizations/\(tenant.organizationID)/auto-top-ups/\(tokenType)"
  }

  private func call(_ method: String, _ tokenType: String, _ body: String? = nil) async throws -> RawClient.Answer {
    try await server.call(method, path(tokenType), token: try server.tokens.service(), body: body)
  }

  private func stored() async throws -> String? {
    try await served.text(
      """
      SELECT coalesce(string_agg(concat_ws(' ', below, amount, period_maximum, cool_off_seconds), ','), '')
      FROM tollgate.auto_top_ups WHERE organization_id = '\(tenant.organizationID)'
      """)
  }
}
