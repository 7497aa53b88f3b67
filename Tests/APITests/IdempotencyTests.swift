import JSON
import Testbed
import Testing

@Suite("Idempotency-Key")
struct IdempotencyTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("the same request again gets the same bytes, says so, and spends nothing")
  func replay() async throws {
    let bodies = [
      (Path.deduct, #"{"featureUsed":"generate_goal","units":2,"eventId":"e","metadata":{"a":1}}"#),
      (Path.checkBalance, tenant.asking("generate_goal", "deduct")),
    ]
    for (number, (path, body)) in bodies.enumerated() {
      let first = try await send(path, body, key: "key-\(number)")
      #expect(first.status == 200)
      #expect(first["Idempotent-Replayed"] == nil)
      for key in ["key-\(number)", "\"key-\(number)\""] {
        let again = try await send(path, body, key: key)
        #expect(again.status == 200)
        #expect(again.body == first.body)
        #expect(again["Idempotent-Replayed"] == "true")
      }
    }
    #expect(try await balance() == "11")
    #expect(try await served.violations() == [])
  }

  @Test("white space, the order of members and what says nothing make no other request")
  func sameContent() async throws {
    let first = try await send(
      Path.deduct, #"{"featureUsed":"generate_goal","units":1,"metadata":{"a":1,"b":2}}"#, key: "k")
    let again = try await send(
      Path.deduct, #"{ "metadata": {"b": 2, "a": 1}, "eventId": null, "featureUsed": "generate_goal" }"#, key: "k")
    #expect(again.body == first.body)
    #expect(again["Idempotent-Replayed"] == "true")
  }

  @Test("a refusal for want of tokens is remembered, even when there are tokens again")
  func rememberedRefusal() async throws {
    let body = #"{"featureUsed":"generate_goal","units":7}"#
    let first = try await send(Path.deduct, body, key: "k", requestID: "one")
    #expect(first.status == 402)
    let app = try await send(Path.checkBalance, tenant.asking("generate_leads", "deduct"), key: "leads")
    #expect(app.status == 200)
    try await setBalance(100)
    let again = try await send(Path.deduct, body, key: "k", requestID: "one")
    #expect(again.status == 402)
    #expect(again.body == first.body)
    #expect(again["Idempotent-Replayed"] == "true")
    #expect(try await send(Path.deduct, body, key: "other").status == 200)
    #expect(try await balance() == "79")
    #expect(try await served.violations() == [])
  }

  @Test("not enough tokens on check-balance is remembered with its 200")
  func rememberedAnswer() async throws {
    try await setBalance(2)
    let body = tenant.asking("generate_goal", "deduct")
    let first = try await send(Path.checkBalance, body, key: "k")
    #expect(try first.json()["success"] == .boolean(false))
    try await setBalance(20)
    let again = try await send(Path.checkBalance, body, key: "k")
    #expect(again.status == 200)
    #expect(again.body == first.body)
    #expect(again["Idempotent-Replayed"] == "true")
  }

  @Test("a plan without the feature, a malformed request and a stranger leave the key unused")
  func notRemembered() async throws {
    let starter = try await served.makeTenant(plan: "starter")
    func deduct(_ body: String, token: String) async throws -> RawClient.Answer {
      try await server.call("POST", Path.deduct, token: token, headers: [("Idempotency-Key", "k")], body: body)
    }
    let body = #"{"featureUsed":"generate_goal"}"#
    #expect(try await deduct(body, token: starter.token).status == 403)
    #expect(try await deduct(#"{"featureUsed":"generate_goal","x":1}"#, token: starter.token).status == 400)
    #expect(try await deduct(#"{"featureUsed":"fly"}"#, token: starter.token).status == 422)
    #expect(try await deduct(body, token: starter.token + "x").status == 401)
    let named = #"{"featureUsed":"generate_goal","organizationId":"\#(starter.organizationID)"}"#
    #expect(try await deduct(named, token: tenant.token).status == 404)
    try await served.script(
      """
      UPDATE public.ai_tokens SET balance = 9 WHERE organization_id = '\(starter.organizationID)'
        AND token_type = 'goal_generation'
      """)
    let answer = try await deduct(body, token: starter.token)
    #expect(answer.status == 200)
    #expect(answer["Idempotent-Replayed"] == nil)
    #expect(try await served.violations() == [])
  }

  @Test(
    "another request under the same key is 422 and spends nothing",
    arguments: [
      #"{"featureUsed":"generate_insight"}"#, #"{"featureUsed":"generate_goal","units":2}"#,
      #"{"featureUsed":"generate_goal","eventId":"e"}"#, #"{"featureUsed":"generate_goal","metadata":{"a":1}}"#,
    ])
  func reused(body: String) async throws {
    #expect(try await send(Path.deduct, #"{"featureUsed":"generate_goal"}"#, key: "k").status == 200)
    let answer = try await send(Path.deduct, body, key: "k")
    #expect(answer.status == 422)
    #expect(try answer.json()["code"]?.string == "idempotency_key_reused")
    #expect(answer["Idempotent-Replayed"] == nil)
    #expect(try await balance() == "17")
  }

  @Test("two organizations use the same key without noticing each other")
  func scope() async throws {
    let other = try await served.makeTenant()
    for token in [tenant.token, other.token] {
      let answer = try await server.call(
        "POST", Path.deduct, token: token, headers: [("Idempotency-Key", "k")],
        body: #"{"featureUsed":"generate_goal"}"#)
      #expect(answer.status == 200)
      #expect(answer["Idempotent-Replayed"] == nil)
    }
  }

  @Test("different keys charge separately, and no key charges each time")
  func differentKeys() async throws {
    for key in ["a", "b", nil, nil] {
      let headers = key.map { [("Idempotency-Key", $0)] } ?? []
      let answer = try await server.call(
        "POST", Path.deduct, token: tenant.token, headers: headers, body: #"{"featureUsed":"generate_goal"}"#)
      #expect(answer.status == 200)
    }
    #expect(try await balance() == "8")
  }

  @Test("sixteen at once have one effect and one answer")
  func atOnce() async throws {
    let answers = try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
      for _ in 0..<16 {
        group.addTask { try await send(Path.deduct, #"{"featureUsed":"generate_goal"}"#, key: "k") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0.status == 200 })
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(answers.count { $0["Idempotent-Replayed"] == nil } == 1)
    #expect(try await balance() == "17")
    #expect(try await served.violations() == [])
  }

  @Test(
    "a key that is not 1 to 255 printable ASCII characters is 400",
    arguments: [
      "", "\"\"", "\"", "\"a", "a b", "\"a b\"", "\"a\"b\"", "\"a\\\"\"", "é", "\u{7F}", "\"a\"; b",
      String(repeating: "k", count: 256),
    ])
  func badKeys(key: String) async throws {
    for (path, body) in [
      (Path.deduct, #"{"featureUsed":"generate_goal"}"#), (Path.checkBalance, tenant.asking("generate_goal", "deduct")),
    ] {
      #expect(try await send(path, body, key: key).status == 400)
    }
    #expect(try await balance() == "20")
  }

  @Test(
    "255 characters of any kind are a key",
    arguments: [String(repeating: "k", count: 255), "!~#$%&'()*+,-./:;<=>?@[]^_`{|}"])
  func goodKeys(key: String) async throws {
    for replayed in [nil, "true"] {
      let answer = try await send(Path.deduct, #"{"featureUsed":"generate_goal"}"#, key: key)
      #expect(answer.status == 200)
      #expect(answer["Idempotent-Replayed"] == replayed)
    }
  }

  @Test("two keys in one request are 400")
  func twoKeys() async throws {
    let answer = try await server.call(
      "POST", Path.deduct, token: tenant.token, headers: [("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
      body: #"{"featureUsed":"generate_goal"}"#)
    #expect(answer.status == 400)
  }

  private func send(_ path: String, _ body: String, key: String, requestID: String? = nil) async throws
    -> RawClient.Answer
  {
    let headers = [("Idempotency-Key", key)] + (requestID.map { [("X-Request-Id", $0)] } ?? [])
    return try await server.call("POST", path, token: tenant.token, headers: headers, body: body)
  }

  private var goals: String {
    "token_type = 'goal_generation' AND organization_id = '\(tenant.organizationID)'"
  }

  private func balance() async throws -> String? {
    try await served.text("SELECT balance FROM public.ai_tokens WHERE \(goals)")
  }

  /// As an administrator does it.
  private func setBalance(_ tokens: Int) async throws {
    try await served.script("UPDATE public.ai_tokens SET balance = \(tokens) WHERE \(goals)")
  }
}
