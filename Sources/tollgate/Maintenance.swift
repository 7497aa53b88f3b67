import Accounts
import Dispatch
import Log
import Tokens

/// What a server does for the database while it runs: partitions are made before they are needed.
final class Maintenance {
  private static let intervalSeconds = 3600

  /// The first release of PostgreSQL 15 that forgets cached plans when a role changes.
  private static let advisedServerVersion = 150_019

  private let accounts: Accounts
  private let log: Logger
  /// Made by `start`: to let go of a source that was never activated is a trap.
  private var timer: (any DispatchSourceTimer)?

  init(accounts: Accounts, log: Logger) {
    self.accounts = accounts
    self.log = log
  }

  func start() {
    adviseUpgrade()
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "maintenance"))
    timer.schedule(deadline: .now(), repeating: .seconds(Self.intervalSeconds), leeway: .seconds(60))
    timer.setEventHandler { [accounts, log] in
      accounts.ensurePartitions { Self.report("made partitions", $0, log) }
      accounts.dropExpiredPartitions { Self.report("dropped expired partitions", $0, log) }
    }
    timer.activate()
    self.timer = timer
  }

  func stop() { timer?.cancel() }

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
