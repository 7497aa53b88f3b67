/// Decides when a server rolls up: a state machine without threads or clocks. Times are seconds of whatever steady clock its
/// owner has, jitters are between 0 and 1.
struct RollUpSchedule {
  static let turnSeconds = 10.0
  /// As many turns follow each other while they find something; then others have the connection.
  static let longestRun = 100

  private var nextRun: Double
  private var turnsInRun = 0
  private var isRunning = false
  private var isStopped = false

  /// The jitter is this server's place in the ten seconds, so that servers that start together take turns.
  init(now: Double, jitter: Double) { nextRun = now + Self.turnSeconds * jitter }

  /// Whether a run begins now. It is over when `tookTurn` says so.
  mutating func beginsRun(now: Double, jitter: Double) -> Bool {
    guard !isStopped, now >= nextRun else { return false }
    nextRun = now + Self.turnSeconds * (0.9 + 0.2 * jitter)
    // One that takes longer is let be.
    guard !isRunning else { return false }
    isRunning = true
    turnsInRun = 1
    return true
  }

  /// Seconds until a run may begin; nil: never again.
  func secondsUntilRun(now: Double) -> Double? { isStopped ? nil : max(0, nextRun - now) }

  /// A turn is over, and nothing is left, or it failed: whether another follows at once.
  mutating func tookTurn(isDone: Bool) -> Bool {
    if !isDone, turnsInRun < Self.longestRun, !isStopped {
      turnsInRun += 1
      return true
    }
    isRunning = false
    return false
  }

  mutating func stop() { isStopped = true }
}
