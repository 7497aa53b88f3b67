import JSON
import Testbed
import Testing

/// Behaviours B: what actions cost, and asking first.
@Suite("Actions and their checks")
struct ActionTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("the catalogue has every action with its cost and kind of endpoint")
  func catalogue() async throws {
    let tenant = try await served.makeTenant()
    for token in [tenant.token, try server.tokens.service()] {
      let answer = try await server.call("GET", Path.actions, token: token)
      #expect(answer.status == 200)
      let actions = try answer.json()["data"]?.array ?? []
      let found = actions.filter { $0["tokenType"]?.string == "api_budget" }.map {
        "\($0["name"]?.string ?? "") \($0["cost"]?.integer ?? -1) \($0["endpointType"]?.string ?? "")"
      }
      #expect(
        found == [
          "auto_sourcing_job 200 batch", "manual_search 10 single", "niche_discovery 150 composite",
          "product_lookup 1 single", "surprise_me 50 single",
        ])
    }
    #expect(try await server.call("GET", Path.actions).status == 401)
    #expect(try await server.call("GET", Path.actions + "?limit=1", token: tenant.token).status == 400)
  }

  @Test("a check says whether, the balance and what it costs, and changes nothing")
  func allowed() async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    for _ in 1...2 {
      let answer = try await check("surprise_me", tenant)
      #expect(answer.status == 200)
      #expect(
        answer.body == #"{"allowed":true,"action":"surprise_me","tokenType":"api_budget","priceVersion":1,"#
          + #""required":50,"balance":250,"available":250,"state":"safe"}"#)
    }
    #expect(try await check("product_lookup", tenant, #"{"units":7}"#).json()["required"]?.integer == 7)
    #expect(try await rows(of: tenant) == "0")
  }

  @Test("a batch job that asks first learns the sentence it ends with as SKIPPED_NO_TOKENS, and nothing is recorded")
  func batchJob() async throws {
    let tenant = try await served.makeTenant(apiBudget: 50)
    let answer = try await check("auto_sourcing_job", tenant)
    #expect(answer.status == 200)
    #expect(
      answer.body == #"{"allowed":false,"action":"auto_sourcing_job","tokenType":"api_budget","priceVersion":1,"#
        + #""required":200,"balance":50,"available":50,"state":"warning","code":"insufficient_tokens","#
        + #""reason":"Insufficient tokens: 50/200 available","limit":"balance"}"#)
    #expect(try await rows(of: tenant) == "0")
  }

  @Test(
    "below the critical threshold of 20 not even what could be paid is allowed", arguments: [(19, false), (20, true)])
  func critical(balance: Int, isAllowed: Bool) async throws {
    let tenant = try await served.makeTenant(apiBudget: balance)
    let body = try await check("manual_search", tenant).json()
    #expect(body["allowed"] == .boolean(isAllowed))
    #expect(body["code"]?.string == (isAllowed ? nil : "critical_balance"))
    #expect(body["reason"]?.string == (isAllowed ? nil : "The balance is critical"))
    #expect(body["state"]?.string == (isAllowed ? "warning" : "critical"))
  }

  @Test("a plan without the action and a suspended organization are answers, not errors")
  func refused() async throws {
    let starter = try await served.makeTenant(plan: "starter")
    let body = try await check("generate_goal", starter).json()
    #expect(body["allowed"] == .boolean(false))
    #expect(body["code"]?.string == "not_on_plan")
    #expect(body["reason"]?.string == "Not available on this plan")
    let tenant = try await served.makeTenant()
    try await served.script(
      "UPDATE public.organizations SET status = 'suspended' WHERE id = '\(tenant.organizationID)'")
    let suspended = try await check("generate_goal", tenant).json()
    #expect(suspended["allowed"] == .boolean(false))
    #expect(suspended["code"]?.string == "organization_suspended")
    #expect(suspended["reason"]?.string == "Organization is suspended")
  }

  @Test("an unknown action is 404 and never a default", arguments: ["fly", "Surprise_me", "a%20b", "%C3%A9"])
  func unknown(name: String) async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    let answer = try await check(name, tenant)
    #expect(answer.status == 404)
    #expect(try answer.json()["code"]?.string == "unknown_action")
  }

  @Test("an action with dimensions is quoted by the units it will use")
  func dimensions() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await served.makeTenant()
      let price =
        #"{"tokenType":"general","rates":{"input":{"tokens":3,"per":1000},"output":{"tokens":15,"per":1000}}}"#
      let set = try await server.call(
        "PUT", Path.setAction("generate_text"), token: try server.tokens.service(), body: price)
      #expect(set.status == 200)
      let rates = try parseJSON(Array(price.utf8))["rates"]
      #expect(try set.json()["rates"] == rates)
      func ask(_ units: String) async throws -> RawClient.Answer {
        try await server.call(
          "POST", Path.checkAction("generate_text"), token: tenant.token, body: #"{"units":\#(units)}"#)
      }
      #expect(try await ask(#"{"input":1200,"output":300}"#).json()["required"]?.integer == 9)
      for units in ["3", #"{"video":1}"#] { #expect(try await ask(units).json()["code"]?.string == "invalid_units") }
      for units in ["{}", #""3""#, #"{"input":1.5}"#] { #expect(try await ask(units).status == 400) }
      #expect(try await ask(#"{"input":-1}"#).json()["code"]?.string == "amount_out_of_range")
    }
  }

  @Test("another tenant's id and an unknown one are the same 404; a service has to name one")
  func tenants() async throws {
    let tenant = try await served.makeTenant(apiBudget: 250)
    let other = try await served.makeTenant(apiBudget: 250)
    var bodies: Set<String> = []
    for id in [other.organizationID, "00000000-0000-4000-8000-000000000000"] {
      let answer = try await check("surprise_me", tenant, #"{"organizationId":"\#(id)"}"#)
      #expect(answer.status == 404)
      bodies.insert(answer.body.replacing(try #require(answer["X-Request-Id"]), with: ""))
    }
    #expect(bodies.count == 1)
    #expect(try await check("surprise_me", tenant, #"{"userId":"\#(other.userID)"}"#).status == 403)
    let service = try server.tokens.service()
    #expect(try await server.call("POST", Path.checkAction("surprise_me"), token: service).status == 400)
    let named = try await server.call(
      "POST", Path.checkAction("surprise_me"), token: service, body: #"{"organizationId":"\#(tenant.organizationID)"}"#)
    #expect(try named.json()["allowed"] == .boolean(true))
  }

  @Test("a service sets a price, which counts its versions; nobody else does, and what is no price is 400")
  func setPrice() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let service = try server.tokens.service()
      let tenant = try await served.makeTenant()
      func set(_ name: String, _ body: String, token: String) async throws -> RawClient.Answer {
        try await server.call("PUT", Path.setAction(name), token: token, body: body)
      }
      let price = #"{"tokenType":"api_budget","cost":60,"endpointType":"single","description":"A surprise"}"#
      #expect(try await set("surprise_me", price, token: tenant.token).status == 403)
      for _ in 1...2 {
        let answer = try await set("surprise_me", price, token: service)
        #expect(
          answer.body == #"{"name":"surprise_me","tokenType":"api_budget","cost":60,"endpointType":"single","#
            + #""description":"A surprise","priceVersion":2}"#)
      }
      #expect(
        try await set("fly", #"{"tokenType":"general","cost":0}"#, token: service).json()["priceVersion"]?.integer == 1)
      for body in [
        "{}", #"{"tokenType":"gold","cost":1}"#, #"{"tokenType":"general"}"#,
        #"{"tokenType":"general","cost":1,"rates":{"input":{"tokens":1,"per":1}}}"#,
        #"{"tokenType":"general","rates":{"input":{"tokens":1,"per":10}}}"#,
        #"{"tokenType":"general","cost":1,"endpointType":"triple"}"#, #"{"tokenType":"general","cost":1,"price":1}"#,
      ] { #expect(try await set("fly", body, token: service).status == 400, "\(body)") }
      #expect(try await set("fly", #"{"tokenType":"general","cost":-1}"#, token: service).status == 422)
      #expect(try await set("Fly", #"{"tokenType":"general","cost":1}"#, token: service).status == 400)
    }
  }

  private func check(_ name: String, _ tenant: Tenant, _ body: String? = nil) async throws -> RawClient.Answer {
    try await server.call("POST", Path.checkAction(name), token: tenant.token, body: body)
  }

  private func rows(of tenant: Tenant) async throws -> String? {
    try await served.text(
      """
      SELECT count(*) FROM tollgate.ledger
      WHERE organization_id = '\(tenant.organizationID)' AND kind IN ('deduction', 'refusal')
      """)
  }
}

extension Path {
  static let actions = "/api/v1/actions"
  static func checkAction(_ name: String) -> String { "/api/v1/actions/\(name)/check" }
  static func setAction(_ name: String) -> String { "/api/v1/admin/actions/\(name)" }
  static func passing(_ name: String) -> String { "/api/v1/guard/\(name)" }
}
