import Foundation
import Testbed
import Testing
import TollgateClient

@Suite("what a client's calls do")
struct CallTests {
  @Test("a deduction comes back with its figures, and a refund gives it back")
  func deduct() async throws {
    let spender = try await Spender(.shared())
    let charge = try await spender.client.deduct(
      "generate_goal", units: 2, eventID: "event", metadata: ["a": "b", "ä": "\"\n"])
    #expect(charge.cost == 6)
    #expect(charge.balanceBefore == 20)
    #expect(charge.balanceAfter == 14)
    #expect(charge.tokenType == "goal_generation")
    #expect(charge.featureUsed == "generate_goal")
    #expect(charge.organizationID.description == spender.tenant.organizationID)
    #expect(charge.state == .safe)
    #expect(abs(charge.createdAt.timeIntervalSinceNow) < 60)
    let part = try await spender.client.refund(charge.transactionID, amount: 2, reason: "half done")
    #expect(part.amount == 2)
    #expect(part.balanceAfter == 16)
    let rest = try await spender.client.refund(charge.transactionID)
    #expect(rest.amount == 4)
    #expect(rest.refundedTotal == 6)
    #expect(rest.transactionID == charge.transactionID)
    let again = await failure { try await spender.client.refund(charge.transactionID) }
    #expect(again?.problem?.code == "already_refunded")
    guard case .conflict = again else { return #expect(Bool(false), "\(String(describing: again))") }
    #expect(
      try await spender.served.text("SELECT metadata->>'ä' FROM tollgate.ledger WHERE id = '\(charge.transactionID)'")
        == "\"\n")
    #expect(try await spender.served.violations() == [])
  }

  @Test("the same key charges once, and another request under it is rejected")
  func key() async throws {
    let spender = try await Spender(.shared())
    let first = try await spender.client.deduct("generate_goal", idempotencyKey: "order-1")
    let second = try await spender.client.deduct("generate_goal", idempotencyKey: "order-1")
    #expect(first == second)
    let other = await failure { try await spender.client.deduct("generate_insight", idempotencyKey: "order-1") }
    guard case .rejected(let problem) = other else { return #expect(Bool(false), "\(String(describing: other))") }
    #expect(problem.code == "idempotency_key_reused")
    // Without a key each call is one of its own.
    _ = try await spender.client.deduct("generate_goal")
    _ = try await spender.client.deduct("generate_goal")
    #expect(try await spender.charges() == "3")
  }

  @Test("a reservation is held, extended, captured for less and released")
  func reservations() async throws {
    let spender = try await Spender(.shared())
    let client = spender.client
    let held = try await client.reserve(tokenType: "general", amount: 12, lifetimeSeconds: 60, metadata: ["a": "b"])
    #expect(held.amount == 12)
    #expect(held.reserved == 12)
    #expect(held.available == 38)
    #expect((30...60).contains(held.expiresAt.timeIntervalSinceNow))
    let extended = try await client.extend(held.id, lifetimeSeconds: 3_600)
    #expect(extended.id == held.id)
    #expect((3_000...3_600).contains(extended.expiresAt.timeIntervalSinceNow))
    let captured = try await client.capture(held.id, amount: 7)
    #expect(captured.captured == 7)
    #expect(captured.released == 5)
    #expect(captured.available == 43)
    _ = try await client.refund(captured.transactionID)
    let other = try await client.reserve("generate_insight", units: 3)
    #expect(try await client.release(other.id).released == 3)
    let late = await failure { try await client.capture(other.id) }
    #expect(late?.problem?.code == "reservation_closed")
    #expect(try await spender.balance("general")?.available == 50)
    #expect(try await spender.served.violations() == [])
  }

  @Test("balances, actions and checks are read and change nothing")
  func reading() async throws {
    let spender = try await Spender(.shared(), apiBudget: 100)
    let client = spender.client
    let balances = try await client.balances()
    #expect(balances.map(\.tokenType).contains("api_budget"))
    let goals = try #require(balances.first { $0.tokenType == "goal_generation" })
    #expect(goals.balance == 20)
    #expect(goals.allocated == 20)
    #expect(goals.used == 0)
    #expect(goals.purchased == 0)
    #expect((29...30).contains((goals.refreshDate?.timeIntervalSinceNow ?? 0) / 86_400))
    #expect(try await client.balances(tokenType: "nothing & nowhere") == [])
    let actions = try await client.actions()
    let surprise = try #require(actions.first { $0.name == "surprise_me" })
    #expect(surprise.cost == 50)
    #expect(surprise.endpointType == "single")
    #expect(try await client.checkBalance("generate_goal"))
    let allowed = try await client.check("surprise_me", units: 2)
    #expect(allowed.isAllowed)
    #expect(allowed.required == 100)
    let refused = try await client.check("auto_sourcing_job")
    #expect(!refused.isAllowed)
    #expect(refused.reason == "Insufficient tokens: 100/200 available")
    #expect(refused.code == "insufficient_tokens")
    guard case .notFound(let problem) = await failure(of: { try await client.check("no such/thing?") }) else {
      return #expect(Bool(false))
    }
    #expect(problem.code == "unknown_action")
    try await spender.expectMovements(nil)
  }

  @Test("a service names the organization and the user for whom it spends")
  func service() async throws {
    let spender = try await Spender(.shared())
    var configuration = spender.client.configuration
    configuration.credential = try spender.served.server.tokens.service()
    configuration.userID = UserID(spender.tenant.userID)
    let charge = try await TollgateClient(configuration).deduct("generate_goal")
    #expect(
      try await spender.served.text("SELECT user_id FROM tollgate.ledger WHERE id = '\(charge.transactionID)'")
        == spender.tenant.userID)
    configuration.organizationID = nil
    let client = TollgateClient(configuration)
    guard case .invalidRequest = await failure(of: { try await client.checkBalance("generate_goal") }) else {
      return #expect(Bool(false))
    }
  }

  @Test("units may have dimensions")
  func dimensions() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        SELECT tollgate.set_price('chat', 'general', NULL,
          '{"input": {"tokens": 3, "per": 1000}, "output": {"tokens": 15, "per": 1000}}')
        """)
      let spender = try await Spender(served)
      let units = Units.dimensions(["output": 300, "input": 1_200])
      #expect(try await spender.client.deduct("chat", units: units).cost == 9)
      #expect(try await spender.client.check("chat", units: units).required == 9)
      #expect(try await spender.client.actions().first { $0.name == "chat" }?.cost == nil)
    }
  }
}
