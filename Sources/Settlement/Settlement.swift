public import Postgres
public import Tokens

/// The hot path: takes requests to spend or to look, sends what waits as one batch a lane, and gives each request its
/// own answer.
///
/// A request of an organization always goes to the same lane, so that lanes do not wait for each other's rows. While a
/// lane waits for PostgreSQL the next batch gathers by itself: an idle server adds no delay, a busy one fills batches.
public final class Settlement: Sendable {
  private let deductions: [BatchLane<Deduction, DeductionAnswer>]
  private let movements: [BatchLane<Movement, MovementAnswer>]
  private let groups: BatchLane<AtomicDeductions, [DeductionAnswer]>
  private let checks: [BatchLane<BalanceQuestion, BalanceCheck>]
  private let readings: BatchLane<BalanceReading, BalanceReport>
  private let refusals: BatchLane<CheckedRefusal, Void>

  /// How long a request waits for its turn before it is refused as overloaded.
  private static let patienceMilliseconds: Int64 = 5_000

  /// - Parameters:
  ///   - settings: the server's login; every lane has a connection of its own.
  ///   - laneCount: connections that settle deductions, at least 1; as many again settle other movements, and as
  ///     many read.
  ///   - queueLimit: requests that may wait for each lane; more are refused as overloaded, and of one organization
  ///     already half as many.
  public init(settings: ConnectionSettings, laneCount: Int, queueLimit: Int) {
    let count = max(1, laneCount)
    var settling = settings
    // One row that somebody holds must not keep a lane from everybody else's for long.
    settling.lockTimeoutMilliseconds = min(settings.lockTimeoutMilliseconds, 200)
    deductions = (0..<count).map { [settling] number in
      BatchLane(
        name: "settle \(number)", settings: settling, queueLimit: queueLimit,
        patienceMilliseconds: Self.patienceMilliseconds, statement: SettleStatement.each)
    }
    movements = (0..<count).map { [settling] number in
      BatchLane(
        name: "move \(number)", settings: settling, queueLimit: queueLimit,
        patienceMilliseconds: Self.patienceMilliseconds, statement: MovementStatement.statement)
    }
    groups = BatchLane(
      name: "settle groups", settings: settling, queueLimit: queueLimit,
      patienceMilliseconds: Self.patienceMilliseconds, statement: SettleStatement.together)
    checks = (0..<count).map { number in
      BatchLane(
        name: "check \(number)", settings: settings, queueLimit: queueLimit,
        patienceMilliseconds: Self.patienceMilliseconds, statement: CheckStatement.statement)
    }
    readings = BatchLane(
      name: "balances", settings: settings, queueLimit: queueLimit,
      patienceMilliseconds: Self.patienceMilliseconds, statement: BalanceStatement.statement)
    refusals = BatchLane(
      name: "refusals", settings: settings, queueLimit: queueLimit,
      patienceMilliseconds: Self.patienceMilliseconds, statement: RefusalStatement.statement)
  }

  /// Spends, or refuses. Never blocks. `completion` runs once, on a lane's thread or at once on the caller's.
  public func deduct(
    _ deduction: Deduction, completion: @escaping @Sendable (Result<DeductionAnswer, ServiceFailure>) -> Void
  ) {
    if let movement = Movement(deduction) {
      move(movement, completion: completion)
    } else {
      deductions[lane(of: deduction.organizationID)].submit(deduction, complete: completion)
    }
  }

  /// Moves or holds tokens, or refuses to. Never blocks. `completion` runs once, on a lane's thread or at once on the
  /// caller's.
  public func move(
    _ movement: Movement, completion: @escaping @Sendable (Result<MovementAnswer, ServiceFailure>) -> Void
  ) {
    movements[lane(of: movement.organizationID)].submit(movement, complete: completion)
  }

  /// Spends all of it or nothing. The answers are in the order of the deductions; when one is not a success, none is.
  public func deduct(
    _ group: AtomicDeductions, completion: @escaping @Sendable (Result<[DeductionAnswer], ServiceFailure>) -> Void
  ) {
    groups.submit(group, complete: completion)
  }

  /// Would this be granted now? Sees every deduction that was answered before. Changes nothing.
  public func check(
    _ question: BalanceQuestion, completion: @escaping @Sendable (Result<BalanceCheck, ServiceFailure>) -> Void
  ) {
    checks[lane(of: question.organizationID)].submit(question, complete: completion)
  }

  /// The balances of an organization as of now. Sees every deduction that was answered before.
  public func balances(
    _ reading: BalanceReading, completion: @escaping @Sendable (Result<BalanceReport, ServiceFailure>) -> Void
  ) {
    readings.submit(reading, complete: completion)
  }

  /// Writes a refusal that was decided by looking, so that it is accounted for like the others.
  public func record(
    _ refusal: CheckedRefusal, completion: @escaping @Sendable (Result<Void, ServiceFailure>) -> Void
  ) {
    refusals.submit(refusal, complete: completion)
  }

  /// `deduct` for a caller that awaits.
  public func deduct(_ deduction: Deduction) async -> Result<DeductionAnswer, ServiceFailure> {
    await withCheckedContinuation { continuation in
      deduct(deduction) { continuation.resume(returning: $0) }
    }
  }

  /// Answers what waits, then closes the connections. Blocks until that is done; later requests are refused.
  public func shutDown() {
    for lane in deductions { lane.shutDown() }
    for lane in movements { lane.shutDown() }
    groups.shutDown()
    for lane in checks { lane.shutDown() }
    readings.shutDown()
    refusals.shutDown()
  }

  /// What each lane has done so far, and what waits for it.
  public func figures() -> [LaneFigures] {
    deductions.map { $0.figures() } + movements.map { $0.figures() } + [groups.figures()] + checks.map { $0.figures() }
      + [readings.figures(), refusals.figures()]
  }

  /// How many requests to move tokens came out how, since the start. A replay counts like the first answer.
  public func outcomes() -> [Outcome: Int] {
    let counted = deductions.map { $0.countedOutcomes() } + movements.map { $0.countedOutcomes() }
    return (counted + [groups.countedOutcomes()]).reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
  }

  private func lane(of organizationID: OrganizationID) -> Int {
    Int(UInt(bitPattern: organizationID.hashValue) % UInt(deductions.count))
  }
}
