import Locking
import Postgres
import Tokens

/// A thread with a connection that performs a batcher's decisions.
final class BatchLane<Request: BatchRequest, Answer: Sendable>: Sendable {
  private let name: String
  private let batcher: Mutex<Batcher<Request, Answer>>
  private let outcomes = Mutex<[Outcome: Int]>([:])
  private let connection: Lanes
  private let patienceMilliseconds: Int64
  private let statement: BatchStatement<Request, Answer>

  /// - Parameters:
  ///   - name: of the thread.
  ///   - settings: of the connection.
  ///   - queueLimit: requests that may wait.
  ///   - patienceMilliseconds: how long a request waits before it is refused as overloaded.
  ///   - statement: sends batches and reads their answers.
  init(
    name: String, settings: ConnectionSettings, queueLimit: Int, patienceMilliseconds: Int64,
    statement: BatchStatement<Request, Answer>
  ) {
    self.name = name
    batcher = Mutex(Batcher(limit: queueLimit, largestBatch: statement.largestBatch))
    connection = Lanes(name: name, settings: settings, count: 1)
    self.patienceMilliseconds = patienceMilliseconds
    self.statement = statement
  }

  /// Never blocks. `complete` runs once, on the lane's thread or at once on the caller's.
  func submit(_ request: Request, complete: @escaping @Sendable (Result<Answer, ServiceFailure>) -> Void) {
    let deadline = SteadyClock.milliseconds + patienceMilliseconds
    let item = Pending(request: request, deadline: deadline, complete: complete)
    switch batcher.withLock({ $0.admit(item) }) {
    case .refused: complete(.failure(.overloaded))
    case .waits: break
    case .startsCollection: collect()
    }
  }

  func shutDown() { connection.shutDown() }

  /// What was done, and what waits.
  func figures() -> LaneFigures {
    batcher.withLock { LaneFigures(name: name, counts: $0.counts, waiting: $0.waiting) }
  }

  /// How many requests came out how.
  func countedOutcomes() -> [Outcome: Int] { outcomes.withLock { $0 } }

  /// Sends batch after batch until nothing waits. A lost connection ends the job, and so does one
  /// to a server that only reads; the next job has a new connection.
  private func collect() {
    connection.submit { [self] connection in
      while true {
        let (batch, expired) = batcher.withLock { $0.takeBatch(now: SteadyClock.milliseconds) }
        for item in expired { item.complete(.failure(.overloaded)) }
        guard let batch else { return }
        send(batch, on: &connection)
        if !connection.isUsable || connection.isReadOnly { throw PostgresError(kind: .connectionLost) }
      }
    } completion: { [self] result in
      guard case .failure(let error) = result else { return }
      if (error as? PostgresError)?.kind == .connectionLost {
        collect()
      } else {
        let failure = (error as? PostgresError).map(ServiceFailure.init) ?? .defect(cause: "\(error)")
        tell(batcher.withLock { $0.abandon(failure) })
      }
    }
  }

  private func send(_ batch: Batch<Request, Answer>, on connection: inout Connection) {
    let start = SteadyClock.milliseconds
    let requests = batch.items.map { $0.request }
    let rows: Rows
    do throws(PostgresError) {
      rows = try statement.send(requests, &connection)
    } catch {
      // Two servers that got in each other's way should not do so again at once.
      if error.sqlState == .deadlockDetected || error.sqlState == .serializationFailure { SteadyClock.pauseBriefly() }
      tell(batcher.withLock { $0.failed(batch, error) })
      return
    }
    batcher.withLock { $0.succeeded(count: batch.items.count, milliseconds: SteadyClock.milliseconds - start) }
    do throws(PostgresError) {
      let answers = try statement.read(rows, requests)
      guard answers.count == batch.items.count else { throw .unexpected("number of answers") }
      count(answers)
      for (item, answer) in zip(batch.items, answers) { item.complete(.success(answer)) }
    } catch {
      tell(batcher.withLock { $0.unreadable(batch, error) })
    }
  }

  private func count(_ answers: [Answer]) {
    guard let counted = statement.outcomes else { return }
    outcomes.withLock { outcomes in
      for answer in answers { for outcome in counted(answer) { outcomes[outcome, default: 0] += 1 } }
    }
  }

  private func tell(_ failures: [(Pending<Request, Answer>, ServiceFailure)]) {
    for (item, failure) in failures { item.complete(.failure(failure)) }
  }
}
