import Locking
import Postgres
import Tokens

/// Lanes that parties take turns at. One with much to ask takes one of them and not all.
final class SharedLanes: Sendable {
  /// What somebody asks for.
  private struct Piece: Sendable {
    let begin: @Sendable () -> Void
    let refuse: @Sendable (PostgresError) -> Void
  }

  private let lanes: Lanes
  private let lines: Mutex<TurnLines<Piece>>
  private let patience: Duration

  /// - Parameters:
  ///   - name: of the threads.
  ///   - settings: of each connection.
  ///   - count: how many connections there are.
  ///   - queueLimit: how much may wait, of one party half of it.
  ///   - patience: how long it may wait before it is refused.
  init(name: String, settings: ConnectionSettings, count: Int, queueLimit: Int, patience: Duration) {
    // The lines have the limit: of what they let through there is no more.
    lanes = Lanes(name: name, settings: settings, count: count, queueLimit: .max)
    lines = Mutex(TurnLines(limit: queueLimit))
    self.patience = patience
  }

  /// Asks for something when it is the party's turn. Never blocks.
  ///
  /// - Parameters:
  ///   - party: for whom.
  ///   - lineLimit: how much of the party may wait before this is refused, if that is less than half of all.
  ///   - work: as for `Lanes`.
  ///   - completion: as for `Lanes`. What is refused, or has waited too long and is not done, fails with `queueFull`.
  func submit<Value: Sendable>(
    for party: Party, lineLimit: Int = .max, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    let deadline = ContinuousClock.now + patience
    let piece = Piece(
      begin: { [self] in
        lanes.submit(before: deadline, work) { [self] result in
          leave(party)
          completion(result)
        }
      }, refuse: { completion(.failure($0)) })
    let admission = lines.withLock { $0.enter(piece, of: party, deadline: deadline, lineLimit: lineLimit) }
    switch admission {
    case .begins: piece.begin()
    case .waits: break
    case .refused: piece.refuse(PostgresError(kind: .queueFull))
    }
  }

  private func leave(_ party: Party) {
    let (next, late) = lines.withLock { $0.leave(party, now: .now) }
    next?.begin()
    for piece in late { piece.refuse(PostgresError(kind: .queueFull)) }
  }

  /// Refuses what waits, answers what is under way, then closes the connections. Blocks until that is done.
  func shutDown() {
    for piece in lines.withLock({ $0.close() }) { piece.refuse(PostgresError(kind: .shutDown)) }
    lanes.shutDown()
  }
}

extension Lanes {
  /// Queues a job that is not run any more after the deadline: it fails then with kind `queueFull`.
  func submit<Value: Sendable>(
    before deadline: ContinuousClock.Instant, _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    submit(
      { connection in
        guard deadline >= .now else { throw PostgresError(kind: .queueFull) }
        return try work(&connection)
      }, completion: completion)
  }
}
