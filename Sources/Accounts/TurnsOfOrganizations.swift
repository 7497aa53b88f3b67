import Locking
import Tokens

/// Lets each organization do one thing at a time, so that one with much to do takes one connection and not all.
final class TurnsOfOrganizations: Sendable {
  typealias Work = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

  /// What waits, of organizations that have something under way.
  private let waiting = Mutex<[OrganizationID: [Work]]>([:])
  private let queueLimit: Int

  /// - Parameter queueLimit: how much may wait, of one organization.
  init(queueLimit: Int) { self.queueLimit = queueLimit }

  /// Begins at once, or when what the organization has before it is done.
  ///
  /// - Parameters:
  ///   - organizationID: whose turn it takes.
  ///   - work: calls `done` once, from any thread.
  /// - Returns: whether it will be done; false when too much waits already.
  func run(for organizationID: OrganizationID, _ work: @escaping Work) -> Bool {
    enum Decision { case begin, wait, refuse }
    let decision: Decision = waiting.withLock { waiting in
      guard let queued = waiting[organizationID]?.count else {
        waiting[organizationID] = []
        return .begin
      }
      guard queued < queueLimit else { return .refuse }
      waiting[organizationID]?.append(work)
      return .wait
    }
    if decision == .begin { begin(work, organizationID) }
    return decision != .refuse
  }

  private func begin(_ work: Work, _ organizationID: OrganizationID) {
    work { [self] in
      let next: Work? = waiting.withLock { waiting in
        guard waiting[organizationID]?.isEmpty == false else {
          waiting[organizationID] = nil
          return nil
        }
        return waiting[organizationID]?.removeFirst()
      }
      if let next { begin(next, organizationID) }
    }
  }
}
