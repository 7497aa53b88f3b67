public import Accounts
import Dispatch
public import Fetching
import Foundation
import Locking
public import Log
public import Metrics
import Tokens
public import Vault

/// Has balances held against rules, and delivers events: what a server does for alerts while it runs.
///
/// Everything is decided in rows: any number of servers do this at the same time, and each may die at any moment.
public final class Notifier: Sendable {
  let accounts: Accounts
  let timing: NotifierTiming
  let log: Logger
  private let sender: DeliverySender
  private let queue = DispatchQueue(label: "notifications")
  private let state: Mutex<State>
  /// Attempts under way: what became of them has to be noted.
  private let underWay = DispatchGroup()

  private struct State: Sendable {
    var desk: DeliveryDesk
    var isStopped = false
    /// A round is under way; who wants another one meanwhile gets it behind that.
    var isRunning = false
    var isWanted = false
    /// When a round last ended that held balances against rules.
    var evaluatedAt: ContinuousClock.Instant?
    var isFailing = false
    /// Counts timers: the last one that was set is the one that counts.
    var timer = 0
    var figures = NotifierFigures()
  }

  /// - Parameters:
  ///   - accounts: where rules, events and deliveries are.
  ///   - sealer: opens webhooks' secrets; nil: there are no keys, and no webhook is called.
  ///   - egress: which addresses receivers may have.
  ///   - certificateFile: certificates, in PEM, that are trusted instead of the system's.
  ///   - relay: takes mail; nil: none is sent.
  ///   - timing: how long things may take.
  ///   - log: is told what fails, and never a secret or an address.
  public init(
    accounts: Accounts, sealer: Sealer?, egress: Egress = Egress(), certificateFile: String? = nil,
    relay: MailRelay? = nil, timing: NotifierTiming = NotifierTiming(), log: Logger
  ) {
    self.accounts = accounts
    self.timing = timing
    self.log = log
    sender = DeliverySender(
      sealer: sealer, egress: egress, certificateFile: certificateFile, relay: relay, timing: timing, log: log)
    let desk = DeliveryDesk(
      healthy: sealer == nil ? 0 : timing.healthyLimit, failing: sealer == nil ? 0 : timing.failingLimit,
      email: relay == nil ? 0 : timing.emailLimit)
    state = Mutex(State(desk: desk))
  }

  /// Begins, and goes on until `stop`.
  public func start() { wake() }

  /// Begins nothing more, and waits until what is under way is noted. Blocks.
  ///
  /// - Parameter seconds: the longest wait. What takes longer is left to whoever takes it over when its lease ends, and may
  ///   arrive twice.
  public func stop(waitingSeconds seconds: Double = 20) {
    state.withLock { $0.isStopped = true }
    _ = underWay.wait(timeout: .now() + seconds)
  }

  /// Begins a round now, or behind the one that is under way. It holds balances against rules when their time has come,
  /// however often something else begins one: each delivery that ends does.
  func wake() {
    let begun = state.withLock { state -> (room: DeliveryRoom, isEvaluating: Bool)? in
      guard !state.isStopped else { return nil }
      guard !state.isRunning else {
        state.isWanted = true
        return nil
      }
      state.isRunning = true
      return (state.desk.room, secondsToEvaluation(state) <= 0)
    }
    if let begun { begin(begun.room, isEvaluating: begun.isEvaluating) }
  }

  /// 0: now.
  private func secondsToEvaluation(_ state: State) -> Double {
    guard let evaluatedAt = state.evaluatedAt else { return 0 }
    return max(0, timing.roundSeconds - (ContinuousClock.now - evaluatedAt) / .seconds(1))
  }

  private func begin(_ room: DeliveryRoom, isEvaluating: Bool) {
    let lease = TransactionID.timeOrdered(milliseconds: UInt64(max(0, Date().timeIntervalSince1970 * 1000)))
    accounts.notificationRound(
      isEvaluating: isEvaluating, room, lease: lease, leaseSeconds: timing.leaseSeconds, withEmail: sender.hasRelay
    ) { [self] result in
      switch result {
      case .success(let round):
        note(round)
        for delivery in round.deliveries { deliver(delivery, lease: lease) }
        end(isEvaluating, foundSomething: round.dispatchedCount > 0)
      case .failure(let failure):
        complain(failure)
        end(isEvaluating, foundSomething: false)
      }
    }
  }

  private func note(_ round: NotificationRound) {
    state.withLock { state in
      state.isFailing = false
      state.figures.alertCount += round.alertCount
      state.figures.eventCount += round.dispatchedCount
      state.figures.deadCount += round.unreadable.count
      for delivery in round.deliveries {
        state.desk.begin(delivery)
        underWay.enter()
      }
    }
    if round.alertCount > 0 { log.info("alerts were raised or have recovered", ["count": .integer(round.alertCount)]) }
    for id in round.unreadable { tellOfEnd(of: id, "It cannot be read.") }
  }

  private func end(_ hasEvaluated: Bool, foundSomething: Bool) {
    let (seconds, timer) = state.withLock { state in
      state.isRunning = false
      if hasEvaluated { state.evaluatedAt = .now }
      let isWanted = state.isWanted || foundSomething
      state.isWanted = false
      state.timer += 1
      // There may be more; otherwise, in a while.
      if state.isFailing { return (timing.roundSeconds, state.timer) }
      return (isWanted ? 0 : secondsToEvaluation(state), state.timer)
    }
    queue.asyncAfter(deadline: .now() + seconds) { [weak self] in
      guard let self, state.withLock({ $0.timer == timer }) else { return }
      wake()
    }
  }

  private func deliver(_ delivery: TakenDelivery, lease: TransactionID) {
    sender.send(delivery) { [self] outcome in
      accounts.finish(delivery, lease: lease, outcome) { [self] result in
        if case .failure(let failure) = result { complain(failure) }
        if !outcome.isDelivered, outcome.retryMilliseconds == nil { tellOfEnd(of: delivery.id, outcome.error) }
        state.withLock { state in
          state.desk.end(delivery)
          state.figures.count(outcome)
        }
        underWay.leave()
        wake()
      }
    }
  }

  private func tellOfEnd(of id: DeliveryID, _ cause: String?) {
    log.warning(
      "a delivery is not tried again", ["deliveryId": .string(id.description), "cause": .optional(cause)])
  }

  /// Once for each time that the database is away: a line for each round would say nothing more.
  private func complain(_ failure: ServiceFailure) {
    let isFirst = state.withLock { state in
      state.figures.failureCount += 1
      defer { state.isFailing = true }
      return !state.isFailing
    }
    if isFirst { log.error("no round of notifications", ["cause": .string("\(failure)")]) }
  }

  /// What became of alerts and deliveries so far.
  public func write(to text: inout MetricsText) { state.withLock { $0.figures }.write(to: &text) }
}
