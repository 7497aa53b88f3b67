import JSON
import Testbed
import Testing

/// What the existing web apps send and get (behaviours, A).
@Suite("POST /api/v1/tokens/check-balance")
struct CheckBalanceTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("a check answers hasTokens, and changes nothing, whether the action is named or not")
  func check() async throws {
    let tenant = try await served.makeTenant()
    for action in [nil, "check"] {
      let answer = try await ask(tenant, tenant.asking("generate_goal", action))
      #expect(answer.status == 200)
      #expect(answer.body == #"{"hasTokens":true}"#)
      #expect(answer["Content-Type"] == "application/json")
      #expect(answer["Cache-Control"] == "no-store")
    }
    #expect(try await balance(tenant) == "20")
    #expect(
      try await served.text("SELECT count(*) FROM tollgate.ledger WHERE kind = 'deduction' AND \(of(tenant))") == "0")
  }

  @Test("a Pro organization generates six goals, the seventh is refused, and the balance stays 2")
  func proFlow() async throws {
    let tenant = try await served.makeTenant()
    for remaining in [17, 14, 11, 8, 5, 2] {
      let answer = try await ask(tenant, tenant.asking("generate_goal", "deduct"))
      let body = try answer.json()
      let id = try #require(body["transactionId"]?.string)
      #expect(answer.status == 200)
      let state = remaining < 4 ? "critical" : remaining <= 10 ? "warning" : "safe"
      #expect(
        answer.body == #"{"success":true,"remainingBalance":\#(remaining),"message":"Used 3 tokens for generate_goal","#
          + #""transactionId":"\#(id)","tokenType":"goal_generation","cost":3,"state":"\#(state)"}"#)
      #expect(
        try await served.text("SELECT amount || ' ' || balance_after FROM tollgate.ledger WHERE id = '\(id)'")
          == "-3 \(remaining)")
    }
    let answer = try await ask(tenant, tenant.asking("generate_goal", "deduct"))
    let id = try #require(try answer.json()["transactionId"]?.string)
    #expect(answer.status == 200)
    #expect(
      answer.body == #"{"success":false,"remainingBalance":2,"message":"Insufficient tokens. Need 3, have 2","#
        + #""transactionId":"\#(id)","tokenType":"goal_generation","cost":3,"state":"critical"}"#)
    #expect(
      try await served.text("SELECT kind || ' ' || reason FROM tollgate.ledger WHERE id = '\(id)'")
        == "refusal insufficient_tokens")
    #expect(try await balance(tenant) == "2")
    #expect(try await ask(tenant, tenant.asking("generate_goal")).body == #"{"hasTokens":false}"#)
    #expect(try await served.violations() == [])
  }

  @Test("on a plan without the feature a check says no and a deduction is 403 with the plan's name")
  func starter() async throws {
    let tenant = try await served.makeTenant(plan: "starter")
    let check = try await ask(tenant, tenant.asking("generate_goal"))
    #expect(check.status == 200)
    #expect(check.body == #"{"hasTokens":false}"#)
    let answer = try await ask(tenant, tenant.asking("generate_goal", "deduct"))
    let body = try answer.json()
    #expect(answer.status == 403)
    #expect(answer["Content-Type"] == "application/problem+json")
    #expect(body["error"]?.string == "Not available on Starter plan")
    #expect(body["code"]?.string == "not_on_plan")
    #expect(body["requiredTokens"]?.integer == 3)
    let id = try #require(body["transactionId"]?.string)
    #expect(try await served.text("SELECT reason FROM tollgate.ledger WHERE id = '\(id)'") == "not_on_plan")
    #expect(try await served.violations() == [])
  }

  @Test("an Enterprise organization has its large allocation")
  func enterprise() async throws {
    let tenant = try await served.makeTenant(plan: "enterprise")
    let body = try await ask(tenant, tenant.asking("analyze_strategy", "deduct")).json()
    #expect(body["remainingBalance"]?.integer == 998)
  }

  @Test(
    "without an organization or a feature it is 400 with the sentence the apps know",
    arguments: [
      "{}", #"{"organizationId":"O"}"#, #"{"featureUsed":"generate_goal"}"#,
      #"{"organizationId":"","featureUsed":"generate_goal"}"#, #"{"organizationId":"O","featureUsed":""}"#,
      #"{"organizationId":"O","featureUsed":null}"#, #"{"organizationId":null,"featureUsed":"generate_goal"}"#,
      #"{"organizationId":1,"featureUsed":"generate_goal"}"#, #"{"organizationId":"O","featureUsed":["a"]}"#,
      #"{"organizationid":"O","featureused":"generate_goal"}"#,
    ])
  func missing(body: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await ask(tenant, body.replacing("\"O\"", with: "\"\(tenant.organizationID)\""))
    #expect(answer.status == 400)
    #expect(try answer.json()["error"]?.string == "Missing organizationId or featureUsed")
    #expect(try answer.json()["code"]?.string == "invalid_request")
  }

  @Test(
    "another action is 400 with the sentence the apps know", arguments: [#""spend""#, #""""#, #""Check""#, "1", "{}"])
  func action(action: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await ask(
      tenant, #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal","action":\#(action)}"#)
    #expect(answer.status == 400)
    #expect(try answer.json()["error"]?.string == #"Invalid action. Use "check" or "deduct""#)
  }

  @Test("an organization that is no UUID is 400, an unknown feature 422")
  func wrongValues() async throws {
    let tenant = try await served.makeTenant()
    let noID = try await ask(tenant, #"{"organizationId":"acme","featureUsed":"generate_goal"}"#)
    #expect(noID.status == 400)
    #expect(try noID.json()["error"]?.string == "organizationId is not a UUID")
    for action in ["check", "deduct"] {
      let unknown = try await ask(tenant, tenant.asking("fly", action))
      #expect(unknown.status == 422)
      #expect(try unknown.json()["code"]?.string == "unknown_feature")
      #expect(try unknown.json()["error"]?.string == "Unknown feature")
    }
  }

  @Test("members it does not know are ignored")
  func unknownMembers() async throws {
    let tenant = try await served.makeTenant()
    let body = tenant.asking("generate_goal", "deduct").dropLast() + #","units":7,"page":{"a":[1.5,null]}}"#
    let answer = try await ask(tenant, String(body))
    #expect(answer.status == 200)
    #expect(try answer.json()["remainingBalance"]?.integer == 17)
  }

  @Test("a suspended organization has no tokens to check, and a deduction is 403")
  func suspended() async throws {
    let tenant = try await served.makeTenant()
    try await served.script(
      "UPDATE public.organizations SET status = 'suspended' WHERE id = '\(tenant.organizationID)'")
    #expect(try await ask(tenant, tenant.asking("generate_goal")).body == #"{"hasTokens":false}"#)
    let answer = try await ask(tenant, tenant.asking("generate_goal", "deduct"))
    #expect(answer.status == 403)
    #expect(try answer.json()["code"]?.string == "organization_suspended")
    #expect(try await balance(tenant) == "20")
    #expect(try await served.violations() == [])
  }

  private func ask(_ tenant: Tenant, _ body: String) async throws -> RawClient.Answer {
    try await server.call("POST", Path.checkBalance, token: tenant.token, body: body)
  }

  private func of(_ tenant: Tenant) -> String { "organization_id = '\(tenant.organizationID)'" }

  private func balance(_ tenant: Tenant) async throws -> String? {
    try await served.text("SELECT balance FROM public.ai_tokens WHERE token_type = 'goal_generation' AND \(of(tenant))")
  }
}
