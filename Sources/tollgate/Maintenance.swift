import Accounts
import Dispatch
import Foundation
import Locking
import Log
import Metrics
import Tokens

/// What a server does for the database while it runs: partitions are made before they are needed, and what nobody
/// touches is brought up to date. `MaintenanceSchedule` decides, this performs.
final class Maintenance: Sendable {
  /// The first release of PostgreSQL 15 that forgets cached plans when a role changes.
  private static let advisedServerVersion = 150_019

  private let accounts: Accounts
  private let log: Logger
  private let queue = DispatchQueue(label: "maintenance")
  private let schedule: Mutex<MaintenanceSchedule>
  private let figures = Mutex(Figures())

  private struct Figures: Sendable {
    var failures = 0
    var sweptBalances = 0
    /// Since 1970; 0 as long as there was none.
    var lastSweepSeconds = 0.0
  }

  /// The jitter, from 0 to 1, is the place in each minute at which this server sweeps.
  init(accounts: Accounts, log: Logger, jitter: Double = .random(in: 0...1)) {
    self.accounts = accounts
    self.log = log
    schedule = Mutex(MaintenanceSchedule(now: Self.now, jitter: jitter))
  }

  func start() {
    adviseUpgrade()
    queue.async { self.proceed() }
  }

  func stop() { schedule.withLock { $0.stop() } }

  private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

  /// Does what is due, and comes back when something will be.
  private func proceed() {
    let (work, wait) = schedule.withLock { schedule in
      (
        schedule.takeWork(now: Self.now, jitter: .random(in: 0...1)),
        schedule.secondsUntilWork(now: Self.now)
      )
    }
    for work in work { perform(work) }
    guard let wait else { return }
    queue.asyncAfter(deadline: .now() + wait) { self.proceed() }
  }

  private func perform(_ work: MaintenanceSchedule.Work) {
    switch work {
    case .ensurePartitions:
      accounts.ensurePartitions { self.report("made partitions", $0) }
    case .dropExpiredPartitions:
      accounts.dropExpiredPartitions { self.report("dropped expired partitions", $0) }
    case .dropEndedAuthorizations:
      accounts.dropEndedAuthorizations { self.finishDropping($0, of: "authorizations", by: work) }
    case .dropEndedDeliveries:
      accounts.dropEndedDeliveries { self.finishDropping($0, of: "deliveries", by: work) }
    case .sweep(let everywhere):
      accounts.sweep(everywhere: everywhere) { self.finishSweep($0, everywhere: everywhere) }
    }
  }

  private func finishDropping(
    _ result: Result<Int, ServiceFailure>, of what: String, by work: MaintenanceSchedule.Work
  ) {
    report("dropped ended \(what)", result)
    guard case .success(let count) = result, let more = schedule.withLock({ $0.dropped(count, by: work) }) else {
      return
    }
    perform(more)
  }

  private func finishSweep(_ result: Result<Int, ServiceFailure>, everywhere: Bool) {
    switch result {
    case .success(let count):
      switch schedule.withLock({ $0.swept(count, everywhere: everywhere) }) {
      case .again(let work): perform(work)
      case .done(let total):
        figures.withLock { figures in
          figures.sweptBalances += total
          figures.lastSweepSeconds = Date().timeIntervalSince1970
        }
        report("swept balances", .success(total))
      }
    case .failure:
      schedule.withLock { $0.sweepFailed() }
      report("swept balances", result)
    }
  }

  /// What became of the work so far.
  func write(to text: inout MetricsText) {
    let figures = figures.withLock { $0 }
    text.metric(
      "tollgate_maintenance_failures_total", .counter, "Partitions not made or dropped, and sweeps that failed.",
      figures.failures)
    text.metric("tollgate_swept_balances_total", .counter, "Balances that a sweep changed.", figures.sweptBalances)
    text.metric(
      "tollgate_last_sweep_timestamp_seconds", .gauge, "When a sweep last came to its end, since 1970; 0: never.",
      figures.lastSweepSeconds)
  }

  private func report(_ work: String, _ result: Result<Int, ServiceFailure>) {
    if case .failure = result { figures.withLock { $0.failures += 1 } }
    switch result {
    case .success(0): break
    case .success(let count): log.info(work, ["count": .integer(count)])
    case .failure(let failure): log.error("not \(work)", ["cause": .string("\(failure)")])
    }
  }

  private func adviseUpgrade() {
    accounts.serverVersion { [log] result in
      guard case .success(let version) = result, version < Self.advisedServerVersion else { return }
      log.warning(
        "PostgreSQL before 15.19 keeps old policies in cached plans after role changes: upgrade it",
        ["serverVersion": .integer(version)])
    }
  }
}
