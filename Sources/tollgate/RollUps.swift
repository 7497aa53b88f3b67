import Accounts
import Dispatch
import Locking
import Log
import Metrics
import Tokens

/// Keeps the roll-ups of the ledger up to date while a server runs. `RollUpSchedule` decides, this performs. Of several
/// servers one at a time rolls up; the others find nothing to do.
final class RollUps: Sendable {
  private let accounts: Accounts
  private let busySeconds: @Sendable () -> Double
  private let log: Logger
  private let queue = DispatchQueue(label: "roll-ups")
  private let schedule: Mutex<RollUpSchedule>
  private let figures = Mutex(Figures())

  private struct Figures: Sendable {
    var rows = 0
    var failures = 0
  }

  /// `busySeconds` is for how long the lanes have worked so far. The jitter, from 0 to 1, is the place in each ten seconds at
  /// which this server rolls up.
  init(
    accounts: Accounts, busySeconds: @escaping @Sendable () -> Double, log: Logger,
    jitter: Double = .random(in: 0...1)
  ) {
    self.accounts = accounts
    self.busySeconds = busySeconds
    self.log = log
    schedule = Mutex(RollUpSchedule(now: Self.now, jitter: jitter))
  }

  func start() { queue.async { self.proceed() } }

  func stop() { schedule.withLock { $0.stop() } }

  /// What became of it so far.
  func write(to text: inout MetricsText) {
    let figures = figures.withLock { $0 }
    text.metric(
      "tollgate_rolled_up_rows_total", .counter, "Rows of the ledger that were added to the roll-ups.", figures.rows)
    text.metric("tollgate_roll_up_failures_total", .counter, "Turns of rolling up that failed.", figures.failures)
  }

  private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

  /// Rolls up if it is time, and comes back when it will be.
  private func proceed() {
    let (begins, wait) = schedule.withLock { schedule in
      (
        schedule.beginsRun(now: Self.now, jitter: .random(in: 0...1)),
        schedule.secondsUntilRun(now: Self.now)
      )
    }
    if begins { takeTurn() }
    guard let wait else { return }
    queue.asyncAfter(deadline: .now() + wait) { self.proceed() }
  }

  private func takeTurn() {
    accounts.rollUp { result in
      let turn = try? result.get()
      self.figures.withLock { figures in
        figures.rows += turn?.rowCount ?? 0
        if case .failure = result { figures.failures += 1 }
      }
      if case .failure(let failure) = result { self.log.error("not rolled up", ["cause": .string("\(failure)")]) }
      let busySeconds = self.busySeconds()
      let rest = self.schedule.withLock { schedule in
        schedule.tookTurn(isDone: turn?.isDone ?? true, busySeconds: busySeconds, now: Self.now)
      }
      guard let rest else { return }
      self.queue.asyncAfter(deadline: .now() + rest) {
        if self.schedule.withLock({ $0.takesNextTurn(now: Self.now) }) { self.takeTurn() }
      }
    }
  }
}
