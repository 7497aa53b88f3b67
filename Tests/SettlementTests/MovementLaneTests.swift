import Cluster
import Dispatch
import Synchronization
import Testbed
import Testing
import Tokens

@testable import Postgres
@testable import Settlement

@Suite("Movements through lanes")
struct MovementLaneTests {
  @Test("many movements at once are each answered as if alone, in one batch or several")
  func gathered() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 2, queueLimit: 1000)
      defer { settlement.shutDown() }
      let topUps = (0..<40).map {
        tenant.movement(.topUp(.init(tokenType: "general", amount: 10, paymentID: "p\($0 / 2)")))
      }
      let answers = try settlement.answers(to: topUps).map { try $0.get() }
      #expect(answers.allSatisfy { $0.outcome == .success && $0.details?.amount == 10 })
      #expect(answers.count { $0.isReplay } == 20)
      #expect(Set(answers.compactMap { $0.settlement?.transactionID }).count == 20)
      #expect(try workplace.balance(of: tenant, "general") == 250)
    }
  }

  @Test(
    "a connection cut between the commit and its answer: a payment or a key finds what was done, the rest nobody knows")
  func cutAfterCommit() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let port = try TestCluster.shared.get().cluster.port
      let relay = try Relay(to: port)
      defer { relay.close() }
      let direct = workplace.serverSettings.connectionString
      let settings = ConnectionSettings(direct.replacing(":\(port)/", with: ":\(relay.port)/"))
      let settlement = Settlement(settings: settings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      let more = Movement.Operation.adjust(tokenType: "general", .amount(5), reason: nil)
      // Connected and prepared, so that the next answer is the one to the batch.
      #expect(settlement.answers(to: [tenant.movement(more)])[0].brief == "success 5: 50 → 55 safe")

      relay.swallowNextAnswer()
      let payment = Movement.Operation.topUp(.init(tokenType: "general", amount: 100, paymentID: "p"))
      let paid = settlement.answers(to: [tenant.movement(payment)])[0]
      relay.swallowed.wait()
      // For its sender this is the first answer, not a replay.
      #expect(paid.brief == "success 100: 55 → 155 safe")

      relay.swallowNextAnswer()
      let keyed = settlement.answersWhenBack(to: tenant.movement(more, key: "k"))
      relay.swallowed.wait()
      #expect(keyed.brief == "success 5: 155 → 160 safe")

      relay.swallowNextAnswer()
      let unkeyed = settlement.answersWhenBack(to: tenant.movement(more))
      relay.swallowed.wait()
      #expect(unkeyed.brief == "outcomeUnknown")
      #expect(try workplace.balance(of: tenant, "general") == 165)
    }
  }
}

extension Tenant {
  /// A request of a trusted server.
  fileprivate func movement(_ operation: Movement.Operation, key: String? = nil) -> Movement {
    Movement(
      organizationID: id, spender: .service(onBehalfOf: nil), operation: operation,
      idempotencyKey: key.flatMap { IdempotencyKey($0) }, transactionID: .fresh())
  }
}

extension Settlement {
  /// Sends movements all at once and waits for their answers, which come in the order sent. Blocks.
  fileprivate func answers(to movements: [Movement]) -> [Result<MovementAnswer, ServiceFailure>] {
    let answers = Mutex<[Int: Result<MovementAnswer, ServiceFailure>]>([:])
    let done = DispatchGroup()
    for (number, movement) in movements.enumerated() {
      done.enter()
      move(movement) { answer in
        answers.withLock { $0[number] = answer }
        done.leave()
      }
    }
    done.wait()
    return answers.withLock { answers in movements.indices.compactMap { answers[$0] } }
  }

  /// Sends a movement again and again while the lane waits before it connects anew. Blocks.
  fileprivate func answersWhenBack(to movement: Movement) -> Result<MovementAnswer, ServiceFailure> {
    while true {
      let answer = answers(to: [movement])[0]
      guard case .failure(.databaseUnavailable) = answer else { return answer }
    }
  }
}
