import JSON
import Testbed
import Testing

@Suite("POST /api/v1/tokens/deduct")
struct DeductTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("a deduction answers what moved, and the ledger says the same")
  func answer() async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(
      tenant, #"{"featureUsed":"generate_goal","units":2,"eventId":"order \"7\" é","metadata":{"b":1,"a":[null,true]}}"#
    )
    #expect(answer.status == 200)
    let body = try answer.json()
    let id = try #require(body["transactionId"]?.string)
    let createdAt = try #require(body["createdAt"]?.string)
    #expect(
      answer.body == #"{"transactionId":"\#(id)","status":"success","organizationId":"\#(tenant.organizationID)","#
        + #""userId":"\#(tenant.userID)","tokenType":"goal_generation","featureUsed":"generate_goal","units":2,"#
        + #""cost":6,"balanceBefore":20,"balanceAfter":14,"state":"safe","createdAt":"\#(createdAt)"}"#)
    let row = try await served.text(
      """
      SELECT concat_ws('|', kind, user_id, amount, balance_before, balance_after, event_id, metadata,
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
      FROM tollgate.ledger WHERE id = '\(id)'
      """)
    #expect(row == #"deduction|\#(tenant.userID)|-6|20|14|order "7" é|{"a": [null, true], "b": 1}|\#(createdAt)"#)
    #expect(try await served.violations() == [])
  }

  @Test("units are 1 unless said otherwise, also by null")
  func defaultUnits() async throws {
    let tenant = try await served.makeTenant()
    for body in [
      #"{"featureUsed":"generate_goal"}"#,
      #"{"featureUsed":"generate_goal","units":null,"organizationId":null,"userId":null,"eventId":null,"metadata":null}"#,
    ] {
      let answer = try await deduct(tenant, body).json()
      #expect(answer["units"]?.integer == 1)
      #expect(answer["cost"]?.integer == 3)
    }
  }

  @Test("a feature without a price works with an empty balance, and is recorded")
  func free() async throws {
    let tenant = try await served.makeTenant(plan: "starter")
    let answer = try await deduct(tenant, #"{"featureUsed":"headline_pick"}"#)
    #expect(answer.status == 200)
    #expect(try answer.json()["cost"]?.integer == 0)
    let id = try #require(try answer.json()["transactionId"]?.string)
    #expect(try await served.text("SELECT kind FROM tollgate.ledger WHERE id = '\(id)'") == "deduction")
    #expect(try await served.violations() == [])
  }

  @Test("too few tokens are 402 with what was needed, and the refusal is in the ledger")
  func insufficient() async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal","units":7,"eventId":"e"}"#)
    #expect(answer.status == 402)
    #expect(answer["Content-Type"] == "application/problem+json")
    let body = try answer.json()
    let id = try #require(body["transactionId"]?.string)
    let requestID = try #require(answer["X-Request-Id"])
    #expect(
      answer.body == #"{"type":"urn:tollgate:problem:insufficient_tokens","title":"Not enough tokens","status":402,"#
        + #""detail":"Insufficient tokens. Need 21, have 20","code":"insufficient_tokens","error":"insufficient_tokens","#
        + #""requestId":"\#(requestID)","featureUsed":"generate_goal","tokenType":"goal_generation","#
        + #""requiredTokens":21,"availableTokens":20,"deficit":1,"balance":20,"transactionId":"\#(id)","limit":"balance"}"#
    )
    let row = try await served.text(
      """
      SELECT concat_ws('|', kind, status, reason, required, amount, balance_after, event_id, user_id)
      FROM tollgate.ledger WHERE id = '\(id)'
      """)
    #expect(row == "refusal|refused|insufficient_tokens|21|0|20|e|\(tenant.userID)")
    #expect(try await served.violations() == [])
  }

  @Test("a plan without the feature is 403 with the same members")
  func notOnPlan() async throws {
    let tenant = try await served.makeTenant(plan: "starter")
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal"}"#)
    #expect(answer.status == 403)
    let body = try answer.json()
    #expect(body["code"]?.string == "not_on_plan")
    #expect(body["error"]?.string == "not_on_plan")
    #expect(body["detail"]?.string == "Not available on Starter plan")
    #expect(body["availableTokens"]?.integer == 0)
    #expect(body["deficit"] == body["requiredTokens"])
    let id = try #require(body["transactionId"]?.string)
    #expect(try await served.text("SELECT reason FROM tollgate.ledger WHERE id = '\(id)'") == "not_on_plan")
    #expect(try await served.violations() == [])
  }

  @Test("tokens that no plan grants, and only paying brings, are 402 without any")
  func notGrantedByPlans() async throws {
    let tenant = try await served.makeTenant(plan: "starter")
    let body = try await deduct(tenant, #"{"featureUsed":"deep_dive_educational"}"#).json()
    #expect(body["code"]?.string == "insufficient_tokens")
    #expect(body["detail"]?.string == "Insufficient tokens. Need 5, have 0")
    #expect(body["deficit"]?.integer == 5)
  }

  @Test("a suspended organization is 403 and keeps its tokens")
  func suspended() async throws {
    let tenant = try await served.makeTenant()
    try await served.script(
      "UPDATE public.organizations SET status = 'suspended' WHERE id = '\(tenant.organizationID)'")
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal"}"#)
    #expect(answer.status == 403)
    #expect(try answer.json()["code"]?.string == "organization_suspended")
    let balance = try await server.call("GET", Path.balance + "?tokenType=goal_generation", token: tenant.token).json()
    #expect(balance["balances"]?.array?.first?["balance"]?.integer == 20)
  }

  @Test(
    "units outside of 1 to 10^15, and costs beyond it, are 422",
    arguments: ["0", "-1", "1000000000000001", "9223372036854775807", "-9223372036854775808", "1000000000000000"])
  func amounts(units: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal","units":\#(units)}"#)
    #expect(answer.status == 422)
    #expect(try answer.json()["code"]?.string == "amount_out_of_range")
  }

  @Test(
    "an unknown feature is 422, whatever its name looks like",
    arguments: [
      "fly", "NULL", "null", "{}", "{a,b}", #"\""#, #"\\"#, "é", "' OR 1=1 --", "Generate_goal", " generate_goal",
    ])
  func unknownFeature(feature: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(tenant, #"{"featureUsed":"\#(feature)"}"#)
    #expect(answer.status == 422)
    #expect(try answer.json()["code"]?.string == "unknown_feature")
  }

  @Test(
    "an event id comes out as it went in",
    arguments: [
      "", "NULL", "{}", #"\""#, #"\\"#, "a,b", "'", #"\n\t"#, "\u{1F600}", String(repeating: "e", count: 255),
    ])
  func eventID(eventID: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal","eventId":"\#(eventID)"}"#)
    #expect(answer.status == 200)
    let id = try #require(try answer.json()["transactionId"]?.string)
    let expected = try parseJSON(Array("\"\(eventID)\"".utf8)).string
    #expect(try await served.text("SELECT event_id FROM tollgate.ledger WHERE id = '\(id)'") == expected)
  }

  @Test("metadata has at most 8,192 bytes, and an event id and a feature 255")
  func limits() async throws {
    let tenant = try await served.makeTenant()
    func status(_ members: String) async throws -> Int {
      try await deduct(tenant, #"{"featureUsed":"generate_insight",\#(members)}"#).status
    }
    let letters = String(repeating: "x", count: 8192 - 8)
    #expect(try await status(#""metadata":{"a":"\#(letters)"}"#) == 200)
    // White space between the tokens does not count.
    #expect(try await status(#""metadata": {  "a" : "\#(letters)"  }"#) == 200)
    #expect(try await status(#""metadata":{"a":"\#(letters)x"}"#) == 400)
    // PostgreSQL writes these few bytes as more than 300 digits in every answer that shows them.
    for (count, expected) in [(20, 200), (40, 400)] {
      for number in ["1e308", "-1e-300"] {
        let numbers = repeatElement(number, count: count).joined(separator: ",")
        #expect(try await status(#""metadata":{"a":{"b":[\#(numbers)]}}"#) == expected)
      }
    }
    #expect(try await status(#""eventId":"\#(String(repeating: "e", count: 256))""#) == 400)
    #expect(try await deduct(tenant, #"{"featureUsed":"\#(String(repeating: "f", count: 256))"}"#).status == 400)
    #expect(try await deduct(tenant, #"{"featureUsed":"\#(String(repeating: "f", count: 255))"}"#).status == 422)
    #expect(try await served.violations() == [])
  }

  @Test(
    "a member of the wrong type, and one that is not known here, is 400",
    arguments: [
      #""units":"3""#, #""units":1.0"#, #""units":1e2"#, #""units":true"#, #""units":{}"#, #""units":[1]"#,
      #""units":{"a":1.0}"#, #""units":{"A":1}"#,
      #""units":99999999999999999999"#, #""metadata":[]"#, #""metadata":"{}""#, #""eventId":7"#, #""userId":7"#,
      #""organizationId":"x""#, #""userId":"00000000-0000-0000-0000-00000000000""#, #""action":"deduct""#,
      #""Units":1"#,
      #""unit":1"#, #""idempotencyKey":"a""#, #""":1"#,
    ])
  func refusedMembers(member: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await deduct(tenant, #"{"featureUsed":"generate_goal",\#(member)}"#)
    #expect(answer.status == 400)
    #expect(try answer.json()["error"]?.string == "invalid_request")
    let balance = try await server.call("GET", Path.balance + "?tokenType=goal_generation", token: tenant.token).json()
    #expect(balance["balances"]?.array?.first?["balance"]?.integer == 20)
  }

  @Test(
    "without a feature it is 400", arguments: ["{}", #"{"units":1}"#, #"{"featureUsed":null}"#, #"{"featureUsed":1}"#])
  func missingFeature(body: String) async throws {
    let tenant = try await served.makeTenant()
    #expect(try await deduct(tenant, body).status == 400)
  }

  private func deduct(_ tenant: Tenant, _ body: String) async throws -> RawClient.Answer {
    try await server.call("POST", Path.deduct, token: tenant.token, body: body)
  }
}
