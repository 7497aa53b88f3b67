/// Decides what a server does for the database when: a state machine without threads or clocks. Times are seconds of
/// whatever steady clock its owner has, jitters are between 0 and 1.
struct MaintenanceSchedule {
  enum Work: Equatable {
    case ensurePartitions, dropExpiredPartitions, dropEndedAuthorizations, dropEndedDeliveries
    /// Everywhere: changes by hand are looked for, too, which reads every balance.
    case sweep(everywhere: Bool)
  }

  enum AfterSweep: Equatable {
    /// There may be more.
    case again(Work)
    /// The run is over, and changed so many balances in all.
    case done(total: Int)
  }

  static let sweepSeconds = 60.0
  static let hourSeconds = 3600.0
  /// As many sweeps follow each other while they find something; then others have their turn.
  static let longestRun = 1000
  /// As many authorizations or deliveries that have ended, at least, are dropped where that many are there.
  static let fullDrop = 1000

  private var nextHour: Double
  private var nextSweep: Double
  private var nextWholeSweep: Double
  private var isSweeping = false
  private var isStopped = false
  private var sweepsInRun = 0
  private var changedInRun = 0

  /// The jitter is this server's place in the minute, so that servers that start together sweep one by one.
  init(now: Double, jitter: Double) {
    nextHour = now
    nextSweep = now + Self.sweepSeconds * jitter
    nextWholeSweep = nextSweep
  }

  /// What to do now. A sweep is over when `swept` says so or `sweepFailed` was called; until then there is no other.
  mutating func takeWork(now: Double, jitter: Double) -> [Work] {
    guard !isStopped else { return [] }
    var work: [Work] = []
    if now >= nextHour {
      nextHour = now + Self.hourSeconds
      work += [.ensurePartitions, .dropExpiredPartitions, .dropEndedAuthorizations, .dropEndedDeliveries]
    }
    if now >= nextSweep {
      // A tenth of a minute more or less: two servers that met do not meet again.
      nextSweep = now + Self.sweepSeconds * (0.9 + 0.2 * jitter)
      // One that takes longer than a minute is let be.
      if !isSweeping { work.append(beginSweep(now: now)) }
    }
    return work
  }

  private mutating func beginSweep(now: Double) -> Work {
    let everywhere = now >= nextWholeSweep
    if everywhere { nextWholeSweep = now + Self.hourSeconds }
    isSweeping = true
    sweepsInRun = 1
    changedInRun = 0
    return .sweep(everywhere: everywhere)
  }

  /// Seconds until `takeWork` may have something; nil: never again.
  func secondsUntilWork(now: Double) -> Double? {
    isStopped ? nil : max(0, min(nextHour, nextSweep) - now)
  }

  /// A sweep has changed so many balances.
  mutating func swept(_ count: Int, everywhere: Bool) -> AfterSweep {
    changedInRun += count
    if count > 0, sweepsInRun < Self.longestRun, !isStopped {
      sweepsInRun += 1
      return .again(.sweep(everywhere: everywhere))
    }
    isSweeping = false
    return .done(total: changedInRun)
  }

  /// What follows on dropping so many authorizations or deliveries that have ended: there may be more.
  func dropped(_ count: Int, by work: Work) -> Work? { count >= Self.fullDrop && !isStopped ? work : nil }

  /// It is tried again with the next minute.
  mutating func sweepFailed() { isSweeping = false }

  mutating func stop() { isStopped = true }
}
