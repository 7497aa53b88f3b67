import JSON
import Testbed
import Testing

@Suite("POST /api/v1/tokens/top-up")
struct TopUpTests {
  private let served: ServedDatabase
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("top-ups add, last 12 months, and are in the ledger")
  func adds() async throws {
    let answer = try await served.topUp(tenant, "general", 500, payment: "pi_1")
    #expect(answer.status == 201)
    let body = try answer.json()
    let id = try #require(body["topUpId"]?.string)
    let createdAt = try #require(body["createdAt"]?.string)
    let expiresAt = try #require(body["expiresAt"]?.string)
    #expect(
      answer.body == #"{"topUpId":"\#(id)","organizationId":"\#(tenant.organizationID)","tokenType":"general","#
        + #""amount":500,"paymentId":"pi_1","expiresAt":"\#(expiresAt)","balanceBefore":50,"balanceAfter":550,"#
        + #""createdAt":"\#(createdAt)"}"#)
    #expect(
      try await served.text("SELECT '\(createdAt)'::timestamptz + interval '12 months' = '\(expiresAt)'") == "t")
    #expect(try await served.ledger("kind, amount, balance_before, balance_after", of: id) == "top_up|500|50|550")
    let balance = try await served.balance(tenant, "general")
    #expect(balance["purchased"]?.integer == 500)
    #expect(balance["allocated"]?.integer == 50)
    #expect(try await served.violations() == [])
  }

  @Test("the same payment never counts twice: the first answer again, with or without a key")
  func samePayment() async throws {
    let first = try await served.topUp(tenant, "general", 500, payment: "pi_1")
    _ = try await served.charge(tenant, "generate_insight", units: 7)
    for key in [nil, "k", "k", "other"] {
      let again = try await buy(#""tokenType":"general","amount":500,"paymentId":"pi_1""#, key: key)
      #expect(again.status == 201)
      #expect(again.body == first.body)
      #expect(again["Idempotent-Replayed"] == "true")
    }
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 543)
    #expect(try await served.violations() == [])
  }

  @Test("the same payment with another content is 409, and adds nothing")
  func conflict() async throws {
    _ = try await served.topUp(tenant, "general", 500, payment: "pi_1")
    for members in [
      #""tokenType":"general","amount":501,"paymentId":"pi_1""#,
      #""tokenType":"forecast","amount":500,"paymentId":"pi_1""#,
      #""tokenType":"general","amount":500,"paymentId":"pi_1","expiresAt":"2099-01-01T00:00:00Z""#,
    ] {
      let answer = try await buy(members)
      #expect(answer.status == 409, "\(members)")
      #expect(try answer.code == "payment_conflict")
    }
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 550)
    #expect(try await served.balance(tenant, "forecast")["balance"]?.integer == 30)
    #expect(try await served.violations() == [])
  }

  @Test("a payment is one of an organization: another may have the same")
  func payments() async throws {
    let other = try await served.makeTenant()
    for tenant in [tenant, other] {
      let answer = try await served.topUp(tenant, "general", 500, payment: "pi_1")
      #expect(answer["Idempotent-Replayed"] == nil)
      #expect(try answer.json()["balanceAfter"]?.integer == 550)
    }
  }

  @Test("sixteen at once of one payment count once")
  func atTheSameTime() async throws {
    let answers = try await atOnce(16) { [self] in try await served.topUp(tenant, "general", 2000, payment: "pi_1") }
    #expect(answers.allSatisfy { $0.status == 201 })
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(answers.count { $0["Idempotent-Replayed"] == nil } == 1)
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 2050)
    #expect(try await served.violations() == [])
  }

  @Test("packs of 500 and 2000 are added on top, spent after the plan's tokens, and survive the reset")
  func packs() async throws {
    _ = try await served.topUp(tenant, "general", 500, payment: "pi_1")
    _ = try await served.topUp(tenant, "general", 2000, payment: "pi_2")
    _ = try await served.charge(tenant, "generate_insight", units: 40)
    #expect(try await served.balance(tenant, "general")["purchased"]?.integer == 2500)
    _ = try await served.charge(tenant, "generate_insight", units: 30)
    #expect(try await served.balance(tenant, "general")["purchased"]?.integer == 2480)
    let reset = try await served.askAsService(
      "/api/v1/admin/organizations/\(tenant.organizationID)/reset", #"{"tokenType":"general"}"#)
    #expect(try reset.json()["balanceAfter"]?.integer == 2530)
    #expect(try await served.balance(tenant, "general")["purchased"]?.integer == 2480)
    #expect(try await served.violations() == [])
  }

  @Test("bought tokens are spent on a plan that has none of its own")
  func starter() async throws {
    let starter = try await served.makeTenant(plan: "starter")
    #expect(try await served.topUp(starter, "goal_generation", 4, payment: "pi_1").status == 201)
    _ = try await served.charge(starter, "generate_goal")
    let refused = try await served.ask(starter, Path.deduct, #"{"featureUsed":"generate_goal"}"#)
    #expect(refused.status == 402)
    #expect(try refused.json()["availableTokens"]?.integer == 1)
    #expect(try await served.violations() == [])
  }

  @Test(
    "an expiry is an instant that is to come, with any offset",
    arguments: [
      ("2099-06-30T12:00:00Z", 201), ("2099-06-30T12:00:00.123456+02:00", 201), ("2096-02-29t12:00:00.5z", 201),
      ("9999-12-31T23:59:59Z", 201), ("9999-12-31T23:59:59-00:01", 400),
      ("2020-01-01T00:00:00Z", 422), ("2099-06-31T12:00:00Z", 400), ("2099-06-30", 400), ("soon", 400),
      ("2099-06-30T12:00:00", 400), ("2099-02-29T12:00:00Z", 400), ("2099-06-30T24:00:00Z", 400),
      ("2099-06-30 12:00:00Z", 400), ("+2099-06-30T12:00:00Z", 400), ("2099-06-30T12:00:00.Z", 400),
    ])
  func expiry(text: String, status: Int) async throws {
    let answer = try await buy(#""tokenType":"general","amount":5,"paymentId":"pi_1","expiresAt":"\#(text)""#)
    #expect(answer.status == status)
    if status == 201 {
      let expiresAt = try #require(try answer.json()["expiresAt"]?.string)
      #expect(try await served.text("SELECT '\(text)'::timestamptz = '\(expiresAt)'") == "t")
    }
  }

  @Test("a user gets 403, whatever is asked, and nobody 401")
  func notForUsers() async throws {
    let body = #"{"organizationId":"\#(tenant.organizationID)","tokenType":"general","amount":5,"paymentId":"p"}"#
    for body in [body, "{}", "[]"] { #expect(try await served.ask(tenant, Path.topUp, body).status == 403) }
    #expect(try await served.server.call("POST", Path.topUp, body: body).status == 401)
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 50)
  }

  @Test(
    "what is no top-up is refused",
    arguments: [
      (#""tokenType":"gold","amount":5,"paymentId":"p""#, 422, "unknown_token_type"),
      (#""tokenType":"general","amount":0,"paymentId":"p""#, 422, "amount_out_of_range"),
      (#""tokenType":"general","amount":1000000000000001,"paymentId":"p""#, 422, "amount_out_of_range"),
      (#""tokenType":"general","amount":5"#, 400, "invalid_request"),
      (#""tokenType":"general","amount":5,"paymentId":"""#, 400, "invalid_request"),
      (#""tokenType":"general","paymentId":"p""#, 400, "invalid_request"),
      (#""amount":5,"paymentId":"p""#, 400, "invalid_request"),
      (#""tokenType":"general","amount":5,"paymentId":"p","price":1"#, 400, "invalid_request"),
    ])
  func refused(members: String, status: Int, code: String) async throws {
    let answer = try await buy(members)
    #expect(answer.status == status)
    #expect(try answer.code == code)
  }

  @Test("an organization that does not exist is 404, and none is 400")
  func unknownOrganization() async throws {
    let members = #""tokenType":"general","amount":5,"paymentId":"p""#
    let id = "3f1b7c9e-0000-4000-8000-00000000000f"
    #expect(try await served.askAsService(Path.topUp, #"{"organizationId":"\#(id)",\#(members)}"#).status == 404)
    #expect(try await served.askAsService(Path.topUp, "{\(members)}").status == 400)
  }

  private func buy(_ members: String, key: String? = nil) async throws -> RawClient.Answer {
    try await served.askAsService(
      Path.topUp, #"{"organizationId":"\#(tenant.organizationID)",\#(members)}"#, key: key)
  }
}
