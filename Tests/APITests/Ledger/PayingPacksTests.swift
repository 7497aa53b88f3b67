import JSON
import Testbed
import Testing

@Suite("Which packs paid")
struct PayingPacksTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  /// Buys tokens that expire after so many months, and returns the pack's id.
  private func buy(_ tenant: Tenant, _ amount: Int, payment: String, expires: String) async throws -> String {
    let answer = try await server.call(
      "POST", Path.topUp, token: try server.tokens.service(),
      body: #"{"organizationId":"\#(tenant.organizationID)","tokenType":"general","amount":\#(amount),"#
        + #""paymentId":"\#(payment)","expiresAt":"\#(expires)"}"#)
    return try #require(try answer.json()["topUpId"]?.string, "\(answer.body)")
  }

  /// The packs that paid a charge, as pairs of id and tokens.
  private func packs(_ tenant: Tenant, _ id: String) async throws -> [Paid] {
    let explained = try await server.transaction(tenant, id)
    let packs = try #require(explained["packs"]?.array)
    let paid = packs.map { Paid(pack: $0["packId"]?.string ?? "", tokens: $0["amount"]?.integer ?? 0) }
    #expect(paid.reduce(0) { $0 + $1.tokens } == explained["fromPurchased"]?.integer)
    return paid
  }

  private struct Paid: Equatable {
    var pack: String
    var tokens: Int64
  }

  /// What tollgate.packs has of a pack: used, remaining and expired.
  private func state(_ pack: String) async throws -> String? {
    try await served.text(
      "SELECT concat_ws('|', used, remaining, expired) FROM tollgate.packs WHERE pack_id = '\(pack)'")
  }

  @Test("a charge takes the plan's tokens, then those that expire first, and tells which ever after")
  func inOrder() async throws {
    let tenant = try await served.makeTenant()
    // 50 of the plan; the pack bought second expires first.
    let late = try await buy(tenant, 10, payment: "late", expires: "2998-01-01T00:00:00Z")
    let early = try await buy(tenant, 5, payment: "early", expires: "2997-01-01T00:00:00Z")
    let ofPlan = try await server.spend(tenant, "generate_insight", units: 48)
    let across = try await server.spend(tenant, "generate_insight", units: 4)
    let both = try await server.spend(tenant, "generate_insight", units: 6)
    let ofLate = try await server.spend(tenant, "generate_insight")
    let expected: [(String, [Paid])] = [
      (ofPlan, []), (across, [Paid(pack: early, tokens: 2)]),
      (both, [Paid(pack: early, tokens: 3), Paid(pack: late, tokens: 3)]), (ofLate, [Paid(pack: late, tokens: 1)]),
    ]
    for (charge, paid) in expected { #expect(try await packs(tenant, charge) == paid) }
    #expect(try await state(early) == "5|0|0")
    #expect(try await state(late) == "4|6|0")

    // Another pack books what was spent so far; what comes first now is new.
    let first = try await buy(tenant, 2, payment: "first", expires: "2996-01-01T00:00:00Z")
    for (charge, paid) in expected { #expect(try await packs(tenant, charge) == paid) }
    let next = try await server.spend(tenant, "generate_insight", units: 3)
    #expect(try await packs(tenant, next) == [Paid(pack: first, tokens: 2), Paid(pack: late, tokens: 1)])
    #expect(try await state(first) == "2|0|0")
    #expect(try await state(late) == "5|5|0")
    #expect(try await served.violations() == [])
  }

  @Test("tokens taken by hand are nobody's charge, whether before it or after", arguments: [false, true])
  func byHand(isBooked: Bool) async throws {
    let tenant = try await served.makeTenant()
    let early = try await buy(tenant, 10, payment: "early", expires: "2997-01-01T00:00:00Z")
    let late = try await buy(tenant, 10, payment: "late", expires: "2998-01-01T00:00:00Z")
    _ = try await server.spend(tenant, "generate_insight", units: 50)
    try await setBalance(of: tenant, to: 18)
    let first = try await server.spend(tenant, "generate_insight", units: 3)
    try await setBalance(of: tenant, to: 12)
    let second = try await server.spend(tenant, "generate_insight", units: 4)
    try await setBalance(of: tenant, to: 7)
    if isBooked { _ = try await buy(tenant, 1, payment: "another", expires: "2999-01-01T00:00:00Z") }
    #expect(try await packs(tenant, first) == [Paid(pack: early, tokens: 3)])
    #expect(try await packs(tenant, second) == [Paid(pack: early, tokens: 2), Paid(pack: late, tokens: 2)])
    #expect(try await state(early) == "10|0|0")
    #expect(try await state(late) == "3|7|0")
    #expect(try await served.violations() == [])
  }

  @Test("what came back is a pack of its own")
  func refunded() async throws {
    let tenant = try await served.makeTenant()
    let bought = try await buy(tenant, 10, payment: "bought", expires: "2997-01-01T00:00:00Z")
    let charge = try await server.spend(tenant, "generate_insight", units: 54)
    let refund = try await server.call(
      "POST", Path.refund, token: tenant.token, body: #"{"transactionId":"\#(charge)","amount":4}"#)
    let returned = try #require(try refund.json()["refundId"]?.string)
    #expect(try await packs(tenant, charge) == [Paid(pack: bought, tokens: 4)])
    #expect(try await state(bought) == "4|6|0")
    #expect(try await state(returned) == "0|4|0")
    #expect(try await served.violations() == [])
  }

  private func setBalance(of tenant: Tenant, to balance: Int) async throws {
    try await served.script(
      """
      UPDATE public.ai_tokens SET balance = \(balance)
      WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'general'
      """)
  }
}
