import Cluster
import Dispatch
import Locking
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
    "a connection cut between the commit and its answer: a payment or a key finds what was done, the rest nobody knows",
    arguments: [nil, "k"])
  func cutAfterCommit(key: String?) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let port = try TestCluster.shared.get().cluster.port
      let relay = try Relay(to: port)
      defer { relay.close() }
      let direct = workplace.serverSettings.connectionString
      let settings = ConnectionSettings(direct.replacing(":\(port)/", with: ":\(relay.port)/"))
      let settlement = Settlement(settings: settings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      let more = Movement.Operation.adjust(tokenType: "general", .amount(100), reason: nil)
      // Connected and prepared, so that the next answer is the one to the batch.
      #expect(settlement.answers(to: [tenant.movement(more)])[0].brief == "success 100: 50 → 150 safe")

      relay.swallowNextAnswer()
      let payment = Movement.Operation.topUp(.init(tokenType: "general", amount: 100, paymentID: "p"))
      let first = settlement.answers(to: [tenant.movement(key == nil ? payment : more, key: key)])[0]
      relay.swallowed.wait()
      // For its sender this is the first answer, not a replay.
      #expect(first.brief == "success 100: 150 → 250 safe")

      relay.swallowNextAnswer()
      let unkeyed = settlement.answers(to: [tenant.movement(more)])[0]
      relay.swallowed.wait()
      #expect(unkeyed.brief == "outcomeUnknown")
      // It was settled, which only the ledger knows.
      #expect(try workplace.balance(of: tenant, "general") == 350)
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
}
