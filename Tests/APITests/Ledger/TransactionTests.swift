import JSON
import Testbed
import Testing

@Suite("GET transactions/{id}")
struct TransactionTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("a deduction is its row of the ledger, its price and what it was held against")
  func deduction() async throws {
    let tenant = try await served.makeTenant()
    let id = try await server.spend(tenant, "generate_goal", units: 2)
    let explained = try await server.transaction(tenant, id)
    let row = try #require(try await server.ledger(tenant, "?limit=1").first)
    for member in row.names { #expect(explained[member] == row[member], "\(member)") }
    #expect(explained["price"] == json(#"{"version":1,"cost":3,"rates":null}"#))
    #expect(explained["limits"] == json(#"[{"name":"balance","maximum":20,"hasBound":false}]"#))
    #expect(explained["boundBy"] == .null)
    #expect(explained["packs"] == .array([]))
    #expect(explained["refunds"] == .array([]))
    #expect(explained["refundedTotal"]?.integer == 0)
    #expect(explained["reservation"] == .null)
  }

  @Test("a refusal says what bound")
  func refusal() async throws {
    let tenant = try await served.makeTenant()
    let id = try await server.spend(tenant, "generate_goal", units: 9)
    let explained = try await server.transaction(tenant, id)
    #expect(explained["kind"]?.string == "refusal")
    #expect(explained["boundBy"]?.string == "balance")
    #expect(explained["limits"] == json(#"[{"name":"balance","maximum":20,"hasBound":true}]"#))
    #expect(explained["price"]?["cost"]?.integer == 3)
    #expect(explained["metadata"] == json("{}"))
    let starter = try await served.makeTenant(plan: "starter")
    let notOnPlan = try await server.spend(starter, "generate_goal")
    #expect(try await server.transaction(starter, notOnPlan)["reason"]?.string == "not_on_plan")
  }

  @Test("of limits that apply all are told, and the one that bound is marked")
  func limits() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        "UPDATE tollgate.limits SET is_enabled = true WHERE limit_name IN ('tokens_per_request', 'requests_per_minute')"
      )
      let tenant = try await served.makeTenant()
      let refused = try await served.server.spend(tenant, "generate_goal", units: 4)
      let bound = try await served.server.transaction(tenant, refused)
      #expect(bound["reason"]?.string == "limit_reached")
      #expect(bound["boundBy"]?.string == "tokens_per_request")
      #expect(
        bound["limits"]?.array?.filter { $0["hasBound"] == .boolean(true) }.map { $0["name"]?.string }
          == ["tokens_per_request"])
      let granted = try await served.server.spend(tenant, "generate_goal", units: 3)
      let explained = try await served.server.transaction(tenant, granted)
      #expect(
        explained["limits"]?.array?.map { $0["name"]?.string }
          == ["balance", "requests_per_minute", "tokens_per_request"])
      #expect(explained["limits"]?.array?.map { $0["maximum"]?.integer } == [20, 30, 10])
      // A limit that is none any more is still what bound.
      try await served.script("UPDATE tollgate.limits SET is_enabled = false")
      let later = try await served.server.transaction(tenant, refused)
      #expect(
        later["limits"]
          == json(
            #"[{"name":"balance","maximum":20,"hasBound":false},{"name":"tokens_per_request","maximum":null,"hasBound":true}]"#
          ))
      #expect(try await served.violations() == [])
    }
  }

  @Test("refunds are listed with their charge, and name it")
  func refunds() async throws {
    let tenant = try await served.makeTenant()
    let charge = try await server.spend(tenant, "generate_goal", units: 2)
    for body in [#"{"transactionId":"\#(charge)","amount":1,"reason":"late"}"#, #"{"transactionId":"\#(charge)"}"#] {
      #expect(try await server.call("POST", Path.refund, token: tenant.token, body: body).status == 200)
    }
    let explained = try await server.transaction(tenant, charge)
    #expect(explained["refundedTotal"]?.integer == 6)
    let refunds = try #require(explained["refunds"]?.array)
    #expect(refunds.map { $0["amount"]?.integer } == [1, 5])
    #expect(refunds.map { $0["reason"]?.string } == ["late", nil])
    let refund = try await server.transaction(tenant, try #require(refunds[0]["refundId"]?.string))
    #expect(refund["kind"]?.string == "refund")
    #expect(refund["subjectId"]?.string == charge)
    #expect(refund["amount"]?.integer == 1)
    #expect(refund["price"] == .null)
    #expect(refund["limits"] == .array([]))
  }

  @Test("a reservation is told with what began it and with what ended it")
  func reservations() async throws {
    let tenant = try await served.makeTenant()
    let held = try await server.call(
      "POST", Path.reservations, token: tenant.token, body: #"{"featureUsed":"generate_goal","units":2}"#)
    let reservation = try #require(try held.json()["reservationId"]?.string)
    let open = try await server.transaction(tenant, reservation)
    #expect(open["kind"]?.string == "reservation")
    #expect(open["requiredTokens"]?.integer == 6)
    #expect(open["reservation"]?["status"]?.string == "open")
    let captured = try await server.call(
      "POST", "\(Path.reservations)/\(reservation)/capture", token: tenant.token, body: #"{"amount":4}"#)
    #expect(captured.status == 200)
    let rows = try await server.ledger(tenant, "?kind=capture")
    #expect(rows.count == 1)
    let charge = try #require(rows.first?["id"]?.string)
    let explained = try await server.transaction(tenant, charge)
    #expect(explained["kind"]?.string == "capture")
    #expect(explained["amount"]?.integer == -4)
    #expect(explained["reservationId"]?.string == reservation)
    #expect(explained["reservation"]?["status"]?.string == "captured")
    #expect(explained["reservation"]?["captured"]?.integer == 4)
    #expect(explained["reservation"]?["transactionId"]?.string == charge)
    #expect(try await server.ledger(tenant, "?kind=release").map { $0["requiredTokens"]?.integer } == [2])
    #expect(try await served.violations() == [])
  }

  @Test("another tenant's id is as unknown as one that nobody has")
  func strangers() async throws {
    let tenant = try await served.makeTenant()
    let other = try await served.makeTenant()
    let id = try await server.spend(other, "generate_goal")
    var bodies: Set<String> = []
    for path in [
      id, "01a1fd03-2707-7221-a3c7-ac043944431a", "none", "%20", "\(id)?organizationId=\(other.organizationID)",
    ] {
      let answer = try await server.call("GET", "\(Path.transactions)/\(path)", token: tenant.token)
      #expect(answer.status == 404, "\(path)")
      bodies.insert(answer.body.replacing(/"requestId":"[^"]*"/, with: ""))
    }
    #expect(bodies.count == 1)
    #expect(try await server.call("GET", "\(Path.transactions)/\(id)").status == 401)
    let service = try server.tokens.service()
    #expect(try await server.call("GET", "\(Path.transactions)/\(id)", token: service).status == 400)
    let named = "\(Path.transactions)/\(id)?organizationId=\(other.organizationID)"
    #expect(try await server.call("GET", named, token: service).json()["id"]?.string == id)
  }

  private func json(_ text: String) -> JSONValue? { try? parseJSON(Array(text.utf8)) }
}

extension TestServer {
  /// Spends or is refused, and returns the transaction's id.
  func spend(_ tenant: Tenant, _ feature: String, units: Int = 1) async throws -> String {
    let answer = try await call(
      "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"\#(feature)","units":\#(units)}"#)
    return try #require(try answer.json()["transactionId"]?.string, "\(answer.body)")
  }

  /// A transaction, explained.
  func transaction(_ tenant: Tenant, _ id: String) async throws -> JSONValue {
    let answer = try await call("GET", "\(Path.transactions)/\(id)", token: tenant.token)
    #expect(answer.status == 200)
    return try answer.json()
  }
}
