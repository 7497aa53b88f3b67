import Accounts
import Dispatch
import Locking
import Log
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
      accounts.ensurePartitions { [log] in Self.report("made partitions", $0, log) }
    case .dropExpiredPartitions:
      accounts.dropExpiredPartitions { [log] in Self.report("dropped expired partitions", $0, log) }
    case .dropEndedAuthorizations:
      accounts.dropEndedAuthorizations { [log] in Self.report("dropped ended authorizations", $0, log) }
    case .sweep(let everywhere):
      accounts.sweep(everywhere: everywhere) { self.finishSweep($0, everywhere: everywhere) }
    }
  }

  private func finishSweep(_ result: Result<Int, ServiceFailure>, everywhere: Bool) {
    switch result {
    case .success(let count):
      switch schedule.withLock({ $0.swept(count, everywhere: everywhere) }) {
      case .again(let work): perform(work)
      case .done(let total): Self.report("swept balances", .success(total), log)
      }
    case .failure:
      schedule.withLock { $0.sweepFailed() }
      Self.report("swept balances", result, log)
    }
  }

  private static func report(_ work: String, _ result: Result<Int, ServiceFailure>, _ log: Logger) {
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
