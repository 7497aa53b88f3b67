import JSON
import Testbed
import Testing

@Suite("units with dimensions")
struct DimensionTests {
  /// 3 tokens for 1,000 of input and 15 for 1,000 of output.
  private static let price = """
    SELECT tollgate.set_price('chat', 'general', NULL,
      '{"input": {"tokens": 3, "per": 1000}, "output": {"tokens": 15, "per": 1000}}')
    """

  @Test("the dimensions' sum is charged, rounded up once, and answered back")
  func deduct() async throws {
    try await withPrice { served, tenant in
      let answer = try await served.ask(
        tenant, Path.deduct, #"{"featureUsed":"chat","units":{"output":300,"input":1200}}"#, key: "k")
      #expect(answer.status == 200)
      #expect(answer.body.contains(#""units":{"input":1200,"output":300},"cost":9,"balanceBefore":50"#))
      let id = try #require(try answer.json()["transactionId"]?.string)
      let row = "SELECT dimensions::text FROM public.ai_token_usage_log WHERE id = '\(id)'"
      #expect(try await served.text(row) == #"{"input": 1200, "output": 300}"#)
      // The same, whatever the order of its members.
      let again = try await served.ask(
        tenant, Path.deduct, #"{"featureUsed":"chat","units":{"input":1200,"output":300}}"#, key: "k")
      #expect(again.body == answer.body)
      #expect(again["Idempotent-Replayed"] == "true")
      let other = try await served.ask(
        tenant, Path.deduct, #"{"featureUsed":"chat","units":{"input":1201,"output":300}}"#, key: "k")
      #expect(try other.code == "idempotency_key_reused")
      let refund = try await served.ask(tenant, Path.refund, #"{"transactionId":"\#(id)"}"#)
      #expect(try refund.json()["amount"]?.integer == 9)
    }
  }

  @Test("items of a batch may have them, each for itself and all together")
  func batch() async throws {
    try await withPrice { served, tenant in
      for mode in ["independent", "atomic"] {
        let answer = try await served.ask(
          tenant, Path.batch,
          #"""
          {"mode":"\#(mode)","items":[
          {"idempotencyKey":"\#(mode)-a","featureUsed":"chat","units":{"input":1000}},
          {"idempotencyKey":"\#(mode)-b","featureUsed":"generate_goal","units":2}]}
          """#)
        #expect(answer.status == 200)
        let results = try #require(try answer.json()["results"]?.array)
        #expect(results.compactMap { $0["cost"]?.integer } == [3, 6])
        #expect(results.first?["units"]?["input"]?.integer == 1000)
      }
      let refused = try await served.ask(
        tenant, Path.batch,
        #"""
        {"mode":"atomic","items":[{"idempotencyKey":"c","featureUsed":"chat","units":{"output":10000}},
        {"idempotencyKey":"d","featureUsed":"generate_goal"}]}
        """#)
      #expect(refused.status == 402)
      #expect(try refused.json()["requiredTokens"]?.integer == 150)
      #expect(try await served.balance(tenant, "general")["balance"]?.integer == 44)
      #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 8)
    }
  }

  @Test("an estimate is reserved, and the actual cost captured")
  func reserve() async throws {
    try await withPrice { served, tenant in
      let held = try await served.ask(
        tenant, Path.reservations, #"{"featureUsed":"chat","units":{"input":4000,"output":1000}}"#)
      #expect(held.status == 201)
      #expect(held.body.contains(#""units":{"input":4000,"output":1000},"amount":27"#))
      let id = try #require(try held.json()["reservationId"]?.string)
      let read = try await served.server.call("GET", "\(Path.reservations)/\(id)", token: tenant.token)
      #expect(try read.json()["units"]?["output"]?.integer == 1000)
      let captured = try await served.ask(tenant, "\(Path.reservations)/\(id)/capture", #"{"amount":20}"#)
      #expect(try captured.json()["released"]?.integer == 7)
    }
  }

  @Test("units that do not fit the price are 422, and are no objects of numbers 400")
  func refused() async throws {
    try await withPrice { served, tenant in
      let many = (0..<17).map { #""d\#($0)":1"# }.joined(separator: ",")
      for (feature, units, status, code) in [
        ("generate_goal", #"{"input":1}"#, 422, "invalid_units"), ("chat", "3", 422, "invalid_units"),
        ("chat", #"{"images":1}"#, 422, "invalid_units"),
        ("chat", #"{"input":1000000000000001}"#, 422, "amount_out_of_range"),
        ("chat", #"{"input":-1}"#, 422, "amount_out_of_range"),
        ("chat", #"{"input":1.5}"#, 400, "invalid_request"), ("chat", "{}", 400, "invalid_request"),
        ("chat", #"{"Input":1}"#, 400, "invalid_request"), ("chat", #"{"input":"1"}"#, 400, "invalid_request"),
        ("chat", "{\(many)}", 400, "invalid_request"), ("fly", #"{"input":1}"#, 422, "unknown_feature"),
      ] {
        for path in [Path.deduct, Path.reservations] {
          let answer = try await served.ask(tenant, path, #"{"featureUsed":"\#(feature)","units":\#(units)}"#)
          #expect(answer.status == status, "\(feature) \(units)")
          #expect(try answer.code == code)
        }
        let item = #"{"items":[{"idempotencyKey":"k","featureUsed":"\#(feature)","units":\#(units)}]}"#
        let result = try await served.ask(tenant, Path.batch, item).json()["results"]?.array?.first
        #expect(result?["status"]?.string == "invalid")
        #expect(result?["code"]?.string == code)
      }
      #expect(try await served.balance(tenant, "general")["used"]?.integer == 0)
    }
  }

  private func withPrice(_ body: (ServedDatabase, Tenant) async throws -> Void) async throws {
    try await ServedDatabase.with { served in
      try await served.script(Self.price)
      try await body(served, try await served.makeTenant())
      #expect(try await served.violations() == [])
    }
  }
}
