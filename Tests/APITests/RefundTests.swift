import JSON
import Testbed
import Testing

@Suite("POST /api/v1/tokens/refund")
struct RefundTests {
  private let served: ServedDatabase
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("of a use that cost nothing, nothing is left to refund, also without a balance")
  func free() async throws {
    let charge = try await served.charge(tenant, "headline_pick")
    let answer = try await refund(#"{"transactionId":"\#(charge)"}"#)
    #expect(answer.status == 409)
    #expect(try answer.code == "already_refunded")
    #expect(try await served.violations() == [])
  }

  @Test("a refund restores the tokens, is in the ledger, and cannot happen twice")
  func whole() async throws {
    let charge = try await served.charge(tenant, "generate_goal", units: 2)
    let answer = try await refund(#"{"transactionId":"\#(charge)","reason":"The goal was empty."}"#)
    #expect(answer.status == 200)
    let id = try #require(try answer.json()["refundId"]?.string)
    let createdAt = try #require(try answer.json()["createdAt"]?.string)
    #expect(
      answer.body == #"{"refundId":"\#(id)","transactionId":"\#(charge)","organizationId":"\#(tenant.organizationID)","#
        + #""tokenType":"goal_generation","amount":6,"refundedTotal":6,"balanceBefore":14,"balanceAfter":20,"#
        + #""state":"safe","createdAt":"\#(createdAt)"}"#)
    #expect(
      try await served.ledger("kind, amount, balance_before, balance_after, user_id", of: id)
        == "refund|6|14|20|\(tenant.userID)")
    let entry = "SELECT subject_id || ' ' || reason FROM tollgate.ledger_entries WHERE id = '\(id)'"
    #expect(try await served.text(entry) == "\(charge) The goal was empty.")

    for body in [#"{"transactionId":"\#(charge)"}"#, #"{"transactionId":"\#(charge)","amount":1}"#] {
      let again = try await refund(body)
      #expect(again.status == 409)
      #expect(try again.code == "already_refunded")
    }
    #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 20)
    #expect(try await served.balance(tenant, "goal_generation")["used"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a charge is given back in parts, and never more than there was")
  func parts() async throws {
    let charge = try await served.charge(tenant, "generate_goal")
    func part(_ amount: Int) async throws -> RawClient.Answer {
      try await refund(#"{"transactionId":"\#(charge)","amount":\#(amount)}"#)
    }
    #expect(try await part(4).code == "refund_exceeds_charge")
    #expect(try await part(4).status == 422)
    for total in [1, 2] {
      let answer = try await part(1).json()
      #expect(answer["amount"]?.integer == 1)
      #expect(answer["refundedTotal"]?.integer == Int64(total))
      #expect(answer["balanceAfter"]?.integer == Int64(17 + total))
    }
    #expect(try await part(2).code == "refund_exceeds_charge")
    let rest = try await refund(#"{"transactionId":"\#(charge)"}"#).json()
    #expect(rest["amount"]?.integer == 1)
    #expect(rest["refundedTotal"]?.integer == 3)
    #expect(try await part(1).status == 409)
    #expect(try await served.violations() == [])
  }

  @Test("sixteen refunds at once give back once")
  func atTheSameTime() async throws {
    let charge = try await served.charge(tenant, "generate_goal")
    let answers = try await atOnce(16) { [self] in try await refund(#"{"transactionId":"\#(charge)"}"#) }
    #expect(answers.count { $0.status == 200 } == 1)
    #expect(answers.count { $0.status == 409 } == 15)
    #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 20)
    #expect(try await served.violations() == [])
  }

  @Test("with a key the same refund again gets the same bytes, and another one is 422")
  func replay() async throws {
    let charge = try await served.charge(tenant, "generate_goal", units: 2)
    let body = #"{"transactionId":"\#(charge)","amount":2}"#
    let answers = try await atOnce(8) { [self] in try await refund(body, key: "k") }
    #expect(answers.allSatisfy { $0.status == 200 })
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(answers.count { $0["Idempotent-Replayed"] == nil } == 1)
    let other = try await refund(#"{"transactionId":"\#(charge)","amount":3}"#, key: "k")
    #expect(try other.code == "idempotency_key_reused")
    #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 16)
    #expect(try await served.violations() == [])
  }

  @Test("what was taken from bought tokens returns to bought tokens, and first")
  func bought() async throws {
    #expect(try await served.topUp(tenant, "general", 500, payment: "p-\(tenant.userID)").status == 201)
    let charge = try await served.charge(tenant, "generate_insight", units: 60)
    #expect(try await served.balance(tenant, "general")["purchased"]?.integer == 490)
    for (amount, purchased) in [(4, 494), (6, 500), (50, 500)] {
      #expect(try await refund(#"{"transactionId":"\#(charge)","amount":\#(amount)}"#).status == 200)
      #expect(try await served.balance(tenant, "general")["purchased"]?.integer == Int64(purchased))
    }
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 550)
    #expect(try await served.violations() == [])
  }

  @Test("features by tokens: 10, 8, 5, 2, denied; the refund restores, and only the charge that there was")
  func featureDepth() async throws {
    #expect(try await served.topUp(tenant, "feature_depth", 10, payment: "p-\(tenant.userID)").status == 201)
    var charges: [String] = []
    for (feature, left) in [("full_distribution", 8), ("scenario_extremes", 5), ("comparative_analysis", 2)] {
      charges.append(try await served.charge(tenant, feature))
      #expect(try await served.balance(tenant, "feature_depth")["balance"]?.integer == Int64(left))
    }
    let denied = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"deep_dive_educational"}"#)
    #expect(denied.status == 402)
    #expect(try denied.json()["requiredTokens"]?.integer == 5)
    #expect(try denied.json()["availableTokens"]?.integer == 2)
    #expect(try denied.json()["featureUsed"]?.string == "deep_dive_educational")
    let refusal = try #require(try denied.json()["transactionId"]?.string)
    #expect(try await refund(#"{"transactionId":"\#(refusal)"}"#).status == 404)
    let restored = try await refund(#"{"transactionId":"\#(charges[2])"}"#)
    #expect(try restored.json()["balanceAfter"]?.integer == 5)
    _ = try await served.charge(tenant, "deep_dive_educational")
    #expect(try await served.balance(tenant, "feature_depth")["balance"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("another tenant's charge is 404, and looks like one that does not exist")
  func strangers() async throws {
    let other = try await served.makeTenant()
    let charge = try await served.charge(other, "generate_goal")
    var bodies: Set<String> = []
    for id in [charge, "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f5061"] {
      for named in ["", #","organizationId":"\#(other.organizationID)""#] {
        let answer = try await served.ask(
          tenant, Path.refund, #"{"transactionId":"\#(id)"\#(named)}"#, requestID: "the-same")
        #expect(answer.status == 404)
        bodies.insert(answer.body)
      }
    }
    #expect(bodies.count == 1)
    #expect(try await served.balance(other, "goal_generation")["balance"]?.integer == 17)
  }

  @Test("a trusted server names the organization, and is 400 without")
  func service() async throws {
    let charge = try await served.charge(tenant, "generate_goal")
    #expect(try await served.askAsService(Path.refund, #"{"transactionId":"\#(charge)"}"#).status == 400)
    let answer = try await served.askAsService(
      Path.refund, #"{"transactionId":"\#(charge)","organizationId":"\#(tenant.organizationID)"}"#)
    #expect(try answer.json()["balanceAfter"]?.integer == 20)
  }

  @Test(
    "what is no refund is 400 or 422, and moves nothing",
    arguments: [
      ("{}", 400), (#"{"transactionId":"x"}"#, 400), (#"{"transactionId":"C","amount":"1"}"#, 400),
      (#"{"transactionId":"C","amount":0}"#, 422), (#"{"transactionId":"C","amount":1000000000000001}"#, 422),
      (#"{"transactionId":"C","x":1}"#, 400), (#"{"transactionId":"C","reason":7}"#, 400),
    ])
  func malformed(body: String, status: Int) async throws {
    let charge = try await served.charge(tenant, "generate_goal")
    #expect(try await refund(body.replacing("\"C\"", with: "\"\(charge)\"")).status == status)
    #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 17)
  }

  private func refund(_ body: String, key: String? = nil) async throws -> RawClient.Answer {
    try await served.ask(tenant, Path.refund, body, key: key)
  }
}
