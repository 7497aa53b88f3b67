/// Decides when a key set is looked at: a state machine without threads or clocks. Jitters are between 0 and 1.
struct KeyRefreshing {
  typealias Instant = ContinuousClock.Instant

  /// What becomes of a request whose key is unknown.
  enum Demand: Equatable {
    /// It waits, and a look begins.
    case begin
    /// It waits for the look that is under way.
    case join
    /// It is refused: the last look was a moment ago, or takes too long already.
    case refuse
  }

  private let timing: KeyTiming
  private var isLooking = false
  private var lastBegan: Instant?
  private var lastSuccess: Instant?
  private var failureCount = 0
  /// When the next look is due.
  private(set) var nextLook: Instant

  /// The first look is due at once.
  init(timing: KeyTiming, now: Instant) {
    self.timing = timing
    nextLook = now
  }

  /// A request needs a key that is not there.
  mutating func demand(at now: Instant) -> Demand {
    let sinceLast = lastBegan.map { now - $0 }
    if isLooking { return (sinceLast ?? .zero) < timing.patience ? .join : .refuse }
    if let sinceLast, sinceLast < timing.betweenDemands { return .refuse }
    begin(at: now)
    return .begin
  }

  /// Begins a look if one is due. It is over when `succeeded` or `failed` is called; until then there is no other.
  mutating func beginIfDue(at now: Instant) -> Bool {
    guard !isLooking, now >= nextLook else { return false }
    begin(at: now)
    return true
  }

  private mutating func begin(at now: Instant) {
    isLooking = true
    lastBegan = now
  }

  /// The look found a key set, which may be kept for so long if its server says so.
  mutating func succeeded(at now: Instant, maximumAgeSeconds: Int?, jitter: Double) {
    isLooking = false
    failureCount = 0
    lastSuccess = now
    let asked = maximumAgeSeconds.map { Duration.seconds($0) }
    let wait = asked.map { min(max($0, timing.allowedRefresh.lowerBound), timing.allowedRefresh.upperBound) }
    // A tenth earlier at the most: many servers that began together do not ask together.
    nextLook = now + (wait ?? timing.refresh) * (1 - 0.1 * jitter)
  }

  /// The look found nothing that is a key set.
  mutating func failed(at now: Instant, jitter: Double) {
    isLooking = false
    let doublings = min(failureCount, 16)
    failureCount += 1
    let wait = min(timing.retry.lowerBound * (1 << doublings), timing.retry.upperBound)
    nextLook = now + wait * (0.5 + 0.5 * jitter)
  }

  /// Whether a key set was ever found.
  var hasSucceeded: Bool { lastSuccess != nil }

  /// Whether keys that were found are still good.
  func mayKeep(at now: Instant) -> Bool {
    lastSuccess.map { now - $0 < timing.retention } ?? false
  }
}
