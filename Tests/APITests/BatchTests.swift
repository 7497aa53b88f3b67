import JSON
import Testbed
import Testing

@Suite("POST /api/v1/tokens/deduct/batch")
struct BatchTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("independent items are answered each for itself, in the order sent")
  func independent() async throws {
    let other = try await served.makeTenant()
    let answer = try await send(
      """
      {"items":[{"idempotencyKey":"a","featureUsed":"generate_goal","units":5},
      {"idempotencyKey":"b","featureUsed":"generate_goal","units":2},
      {"idempotencyKey":"c","featureUsed":"generate_goal","eventId":"e","metadata":{"m":1}},
      {"idempotencyKey":"a","featureUsed":"generate_goal","units":5},{"idempotencyKey":"a","featureUsed":"fly"},
      {"idempotencyKey":"d","featureUsed":"fly"},{"idempotencyKey":"e","featureUsed":"generate_goal","units":0},
      {"idempotencyKey":"f","featureUsed":"generate_goal","unknown":0},{"idempotencyKey":"g"},
      {"idempotencyKey":"h","featureUsed":"generate_goal","userId":"\(other.userID)"},
      {"idempotencyKey":"i","featureUsed":"generate_goal","organizationId":"\(other.organizationID)"}]}
      """)
    #expect(answer.status == 200)
    #expect(answer["Idempotent-Replayed"] == nil)
    let results = try #require(try answer.json()["results"]?.array)
    #expect(
      results.compactMap { $0["idempotencyKey"]?.string } == ["a", "b", "c", "a", "a", "d", "e", "f", "g", "h", "i"])
    let outcomes = results.map { ($0["code"] ?? $0["status"])?.string }
    #expect(
      outcomes == [
        "success", "insufficient_tokens", "success", "success", "idempotency_key_reused", "unknown_feature",
        "amount_out_of_range", "invalid_request", "invalid_request", "forbidden", "not_found",
      ])
    #expect(results.map { $0["status"]?.string }.prefix(3) == ["success", "refused", "success"])
    #expect(results[1]["deficit"]?.integer == 1)
    #expect(results[2]["balanceAfter"]?.integer == 2)
    #expect(results[3] == results[0])
    for id in results.prefix(3).compactMap({ $0["transactionId"]?.string }) {
      #expect(try await served.text("SELECT count(*) FROM tollgate.ledger WHERE id = '\(id)'") == "1")
    }
    #expect(try await used(other) == "0")
    #expect(try await served.violations() == [])
  }

  @Test("the same batch again gets the same bytes, says so, and spends nothing")
  func replay() async throws {
    for mode in ["independent", "atomic"] {
      let body = """
        {"items":[{"idempotencyKey":"\(mode)-1","featureUsed":"generate_goal"},
        {"idempotencyKey":"\(mode)-2","featureUsed":"generate_leads"}],"mode":"\(mode)"}
        """
      let first = try await send(body)
      #expect(first.status == 200)
      let again = try await send(body)
      #expect(again.body == first.body)
      #expect(again["Idempotent-Replayed"] == "true")
    }
    #expect(try await used(tenant) == "16")
    #expect(try await served.violations() == [])
  }

  @Test("an atomic batch is granted as a whole")
  func atomicSuccess() async throws {
    let answer = try await send(
      #"""
      {"mode":"atomic","items":[{"idempotencyKey":"a","featureUsed":"generate_goal"},
      {"idempotencyKey":"b","featureUsed":"generate_goal"},{"idempotencyKey":"c","featureUsed":"generate_leads"}]}
      """#)
    let results = try #require(try answer.json()["results"]?.array)
    #expect(results.compactMap { $0["balanceAfter"]?.integer } == [17, 14, 45])
    #expect(try await served.violations() == [])
  }

  @Test("an atomic batch in which one item lacks tokens is 402 and spends nothing")
  func atomicRefusal() async throws {
    let answer = try await send(
      #"""
      {"mode":"atomic","items":[{"idempotencyKey":"a","featureUsed":"generate_goal"},
      {"idempotencyKey":"b","featureUsed":"generate_goal","units":6},{"idempotencyKey":"c","featureUsed":"generate_leads"}]}
      """#)
    #expect(answer.status == 402)
    let body = try answer.json()
    #expect(body["code"]?.string == "insufficient_tokens")
    #expect(body["requiredTokens"]?.integer == 18)
    let results = try #require(body["results"]?.array)
    #expect(results.map { $0["code"]?.string } == ["batch_refused", "insufficient_tokens", "batch_refused"])
    #expect(try await used(tenant) == "0")
    let id = try #require(body["transactionId"]?.string)
    #expect(try await served.text("SELECT kind FROM tollgate.ledger WHERE id = '\(id)'") == "refusal")
    #expect(try await served.violations() == [])
  }

  @Test(
    "an atomic batch with an impossible item is that item's problem, and spends nothing",
    arguments: [
      (#""featureUsed":"fly""#, 422, "unknown_feature"),
      (#""featureUsed":"generate_goal","units":0"#, 422, "amount_out_of_range"),
      (#""featureUsed":1"#, 400, "invalid_request"),
      (#""featureUsed":"generate_goal","organizationId":"3f1b7c9e-0000-4000-8000-00000000000f""#, 404, "not_found"),
      (#""featureUsed":"generate_goal","userId":"3f1b7c9e-0000-4000-8000-00000000000f""#, 403, "forbidden"),
    ])
  func atomicImpossible(members: String, status: Int, code: String) async throws {
    let answer = try await send(
      """
      {"mode":"atomic","items":[{"idempotencyKey":"a","featureUsed":"generate_goal"},{"idempotencyKey":"b",\(members)}]}
      """)
    #expect(answer.status == status)
    #expect(try answer.json()["code"]?.string == code)
    #expect(try await used(tenant) == "0")
  }

  @Test("an atomic batch on a plan without the feature is 403")
  func atomicNotOnPlan() async throws {
    let starter = try await served.makeTenant(plan: "starter")
    let body = #"{"mode":"atomic","items":[{"idempotencyKey":"a","featureUsed":"generate_goal"}]}"#
    let answer = try await server.call("POST", Path.batch, token: starter.token, body: body)
    #expect(answer.status == 403)
    #expect(try answer.json()["code"]?.string == "not_on_plan")
    #expect(try await served.violations() == [])
  }

  @Test("a trusted server's batch may be for several organizations")
  func service() async throws {
    let other = try await served.makeTenant()
    for mode in ["independent", "atomic"] {
      let items = [tenant, other].map {
        #"{"idempotencyKey":"\#(mode)","featureUsed":"generate_goal","organizationId":"\#($0.organizationID)"}"#
      }
      let body = #"{"mode":"\#(mode)","items":[\#(items.joined(separator: ","))]}"#
      let answer = try await server.call("POST", Path.batch, token: try server.tokens.service(), body: body)
      #expect(try answer.json()["results"]?.array?.allSatisfy { $0["status"]?.string == "success" } == true)
    }
    #expect(try await used(tenant) == "6")
    #expect(try await used(other) == "6")
    #expect(try await served.violations() == [])
  }

  @Test(
    "a batch that is not well-formed is 400 as a whole",
    arguments: [
      "{}", #"{"items":[]}"#, #"{"items":{}}"#, #"{"items":[1]}"#, #"{"items":[{"featureUsed":"generate_goal"}]}"#,
      #"{"items":[{"idempotencyKey":"","featureUsed":"generate_goal"}]}"#,
      #"{"items":[{"idempotencyKey":"a b","featureUsed":"generate_goal"}]}"#,
      #"{"items":[{"idempotencyKey":1,"featureUsed":"generate_goal"}]}"#,
      #"{"items":[{"idempotencyKey":"a","featureUsed":"generate_goal"}],"mode":"all"}"#,
      #"{"items":[{"idempotencyKey":"a","featureUsed":"generate_goal"}],"extra":1}"#,
    ])
  func malformed(body: String) async throws {
    #expect(try await send(body).status == 400)
    #expect(try await used(tenant) == "0")
  }

  @Test("a thousand items are taken and settled in order, one more is 400, and more than 1 MiB is 413")
  func limits() async throws {
    let rich = try await served.makeTenant(plan: "enterprise")
    func body(_ count: Int, padding: String = "") -> String {
      let items = (0..<count).map { #"{"idempotencyKey":"k\#($0)","featureUsed":"generate_insight"}"# }
      return #"{"items":[\#(items.joined(separator: ","))]\#(padding)}"#
    }
    let answer = try await server.call("POST", Path.batch, token: rich.token, body: body(1000))
    let results = try #require(try answer.json()["results"]?.array)
    #expect(results.prefix(500).compactMap { $0["balanceAfter"]?.integer } == (0..<500).map { 499 - Int64($0) })
    #expect(results.dropFirst(500).allSatisfy { $0["code"]?.string == "insufficient_tokens" })
    #expect(results.count == 1000)
    #expect(try await send(body(1001)).status == 400)
    let large = body(1, padding: String(repeating: " ", count: 1_048_576))
    #expect(try await send(large).status == 413)
    #expect(try await served.violations() == [])
  }

  private func send(_ body: String) async throws -> RawClient.Answer {
    try await server.call("POST", Path.batch, token: tenant.token, body: body)
  }

  /// Tokens of all types that the organization has used.
  private func used(_ tenant: Tenant) async throws -> String? {
    try await served.text(
      "SELECT sum(total_used) FROM public.ai_tokens WHERE organization_id = '\(tenant.organizationID)'")
  }
}
