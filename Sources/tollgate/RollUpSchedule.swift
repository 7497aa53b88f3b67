/// Decides when a server rolls up: a state machine without threads or clocks. Times are seconds of whatever steady clock its
/// owner has, jitters are between 0 and 1.
struct RollUpSchedule {
  static let turnSeconds = 10.0
  /// A turn is followed by a rest so many times as long: rolling up takes an eighth of one core, and whoever spends has
  /// the others.
  static let restRatio = 7.0
  /// The same while this server's lanes are idle: half of one core.
  static let idleRestRatio = 1.0
  /// Lanes are idle that work for less than this part of the time, all of them together.
  static let idleShare = 0.1

  private var nextRun: Double
  private var turnBegan: Double?
  /// When the lanes were last asked how long they have worked, and what they said.
  private var observed: (at: Double, busySeconds: Double)?
  private var isStopped = false

  /// The jitter is this server's place in the ten seconds, so that servers that start together take turns.
  init(now: Double, jitter: Double) { nextRun = now + Self.turnSeconds * jitter }

  /// Whether a run of turns begins now. It is over when `tookTurn` says so.
  mutating func beginsRun(now: Double, jitter: Double) -> Bool {
    guard !isStopped, now >= nextRun else { return false }
    nextRun = now + Self.turnSeconds * (0.9 + 0.2 * jitter)
    // One that takes longer is let be.
    guard turnBegan == nil else { return false }
    turnBegan = now
    return true
  }

  /// Seconds until a run may begin; nil: never again.
  func secondsUntilRun(now: Double) -> Double? { isStopped ? nil : max(0, nextRun - now) }

  /// A turn of this run is over, and nothing is left, or it failed: seconds of rest until `takesNextTurn`; nil: the run is over.
  /// `busySeconds` is for how long the lanes have worked since the server began.
  mutating func tookTurn(isDone: Bool, busySeconds: Double, now: Double) -> Double? {
    let before = observed
    observed = (now, busySeconds)
    guard let began = turnBegan, !isDone, !isStopped else {
      turnBegan = nil
      return nil
    }
    // Who has not looked before takes them to be busy.
    let isIdle = before.map { busySeconds - $0.busySeconds < Self.idleShare * (now - $0.at) } ?? false
    return (isIdle ? Self.idleRestRatio : Self.restRatio) * max(0, now - began)
  }

  /// The rest is over: whether the run's next turn begins now.
  mutating func takesNextTurn(now: Double) -> Bool {
    turnBegan = isStopped ? nil : now
    return turnBegan != nil
  }

  mutating func stop() { isStopped = true }
}
