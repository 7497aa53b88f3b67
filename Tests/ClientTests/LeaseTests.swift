import Cluster
import Dispatch
import Testbed
import Testing
import TollgateClient

@Suite("an offline lease")
struct LeaseTests {
  @Test("what is spent without asking is charged when it is settled, and the rest let go")
  func settled() async throws {
    let spender = try await Spender(.shared())
    let lease = OfflineLease(spender.client, feature: "generate_goal", units: 5)
    await #expect(throws: LeaseError.timeIsOver) { try await lease.spend() }
    try await lease.renew()
    #expect(try await spender.balance("goal_generation")?.available == 5)
    try await lease.spend()
    try await lease.spend(units: 2)
    #expect(await lease.remainingUnits == 2)
    try await lease.settle()
    #expect(await lease.remainingUnits == 0)
    try await spender.expectMovements("reservation 0, capture -9, release 0")
    #expect(try await spender.balance("goal_generation")?.available == 11)
    // Nothing is left to settle.
    try await lease.settle()
    #expect(try await spender.served.violations() == [])
  }

  @Test("never more is spent than was reserved, however many spend at once")
  func bounded() async throws {
    let spender = try await Spender(.shared())
    let lease = OfflineLease(spender.client, feature: "generate_insight", units: 20)
    try await lease.renew()
    let granted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 {
        group.addTask { do { try await lease.spend(); return true } catch { return false } }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(granted == 20)
    await #expect(throws: LeaseError.usedUp(remainingUnits: 0)) { try await lease.spend() }
    await #expect(throws: LeaseError.usedUp(remainingUnits: 0)) { try await lease.spend(units: -1) }
    try await lease.settle()
    try await spender.expectMovements("reservation 0, capture -20")
  }

  @Test("while Tollgate is away it is spent from, and what was spent is charged once when it is back")
  func away() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    let client = Spender.client(of: spender.tenant, port: relay.port) { $0.retries.deadlineSeconds = 0 }
    let lease = OfflineLease(client, feature: "generate_goal", units: 4)
    try await lease.renew()
    try await lease.spend()
    // The answer to a renewal is lost, and to what a kept connection that breaks is replaced by.
    for _ in 1...2 { relay.swallowNextAnswer() }
    guard case .notReached = await failure(of: { try await lease.renew() }) else { return #expect(Bool(false)) }
    #expect(await lease.remainingUnits == 3)
    try await lease.spend()
    // Then that to the settlement: it is known only from the second one, under the same key.
    relay.swallowNextAnswer()
    guard case .notReached = await failure(of: { try await lease.settle() }) else { return #expect(Bool(false)) }
    await #expect(throws: LeaseError.timeIsOver) { try await lease.spend() }
    try await lease.settle()
    relay.close()
    #expect(await lease.lostTokens == 0)
    #expect(try await spender.charges() == "1")
    #expect(try await spender.balance("goal_generation")?.balance == 14)
    #expect(try await spender.served.violations() == [])
  }

  @Test("after its seconds nothing is spent, and renewing settles it and takes the next")
  func seconds() async throws {
    let spender = try await Spender(.shared())
    let lease = OfflineLease(
      spender.client, feature: "generate_insight", units: 10, spendSeconds: 0.5, settleSeconds: 600)
    try await lease.renew()
    var spent = 0
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      do { try await lease.spend(units: spent == 0 ? 3 : 0) } catch { break }
      spent = 3
    }
    #expect(await lease.remainingUnits == 0)
    await #expect(throws: LeaseError.timeIsOver) { try await lease.spend() }
    try await lease.renew()
    #expect(try await spender.balance("general")?.balance == 50 - spent)
    #expect(try await spender.balance("general")?.reserved == 10)
    try await lease.settle()
    #expect(try await spender.balance("general")?.reserved == 0)
  }

  @Test("settled after its reservation has expired, what was spent is lost and said so")
  func lost() async throws {
    let spender = try await Spender(.shared())
    let lease = OfflineLease(spender.client, feature: "generate_goal", units: 2, spendSeconds: 1, settleSeconds: 1)
    try await lease.renew()
    try await lease.spend()
    let question = """
      SELECT clock_timestamp() > expires_at FROM tollgate.reservations
      WHERE organization_id = '\(spender.tenant.organizationID)'
      """
    let deadline = ContinuousClock.now + .seconds(30)
    while try await spender.served.text(question) != "t", ContinuousClock.now < deadline {}
    try await lease.settle()
    #expect(await lease.lostTokens == 3)
    #expect(try await spender.balance("goal_generation")?.available == 20)
    #expect(try await spender.served.violations() == [])
  }

  @Test("settled while it is renewed, it holds nothing afterwards")
  func settledMeanwhile() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    defer { relay.close() }
    let client = Spender.client(of: spender.tenant, port: relay.port) { $0.retries.shortestDelaySeconds = 1 }
    let lease = OfflineLease(client, feature: "generate_goal", units: 2)
    relay.swallowNextAnswer()
    let renewal = Task { try await lease.renew() }
    // Now it waits before it asks again.
    #expect(try await onOwnThread { relay.swallowed.wait(timeout: .now() + 30) == .success })
    try await lease.settle()
    #expect(try await spender.balance("goal_generation")?.available == 20)
    try await renewal.value
    #expect(await lease.remainingUnits == 0)
    try await spender.expectMovements("reservation 0, release 0")
  }

  @Test("what Tollgate refuses for good to settle is lost, and what comes after it is settled")
  func refusedForGood() async throws {
    let spender = try await Spender(.shared())
    let lease = OfflineLease(spender.client, feature: "generate_goal", units: 1)
    try await lease.renew()
    try await lease.spend()
    let question = """
      SELECT reservation_id::text FROM tollgate.reservations
      WHERE organization_id = '\(spender.tenant.organizationID)'
      """
    let id = try #require(try await spender.served.text(question))
    // Its key is another request's.
    _ = try await spender.client.deduct("generate_insight", idempotencyKey: "lease-\(id)")
    try await lease.renew()
    try await lease.settle()
    #expect(await lease.lostTokens == 3)
    #expect(try await spender.balance("goal_generation")?.reserved == 3)
  }
}
