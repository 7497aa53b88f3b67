import Tokens

/// Where requests wait for the results of somebody else's calls: a state machine without threads or clocks. Times are
/// milliseconds of whatever steady clock its owner has.
///
/// All who wait for the same lease ask again together: one of them looks, and what it finds is for all.
struct WaitingRoom<Waiter: Sendable>: Sendable {
  /// A request and until when it waits.
  struct Place: Sendable {
    let waiter: Waiter
    let deadline: Int64
  }

  /// What is due.
  struct Due: Sendable {
    /// Those who have waited as long as they would.
    var late: [Place] = []
    /// Those who look again, by the lease that they waited for.
    var looking: [[Place]] = []
  }

  /// Without notifications, and with them, should one be lost.
  static var betweenLooksMilliseconds: (alone: Int64, listening: Int64) { (1_000, 5_000) }

  private struct Group {
    var places: [Place]
    var lookAt: Int64
  }

  private var groups: [LeaseID: Group] = [:]
  private var ended = RecentLeases()
  private var isListening = false
  private var alarm: Int64?

  /// Requests wait for a lease.
  ///
  /// - Parameters:
  ///   - places: who.
  ///   - lease: for what.
  ///   - milliseconds: how long it lasts from now on.
  ///   - now: the time.
  /// - Returns: false where the lease is known to be over: they are to look again instead.
  mutating func enter(_ places: [Place], for lease: LeaseID, lasting milliseconds: Int64, now: Int64) -> Bool {
    guard !ended.contains(lease) else { return false }
    let lookAt = now + min(milliseconds, betweenLooks)
    groups[lease, default: Group(places: [], lookAt: lookAt)].places += places
    return true
  }

  /// A lease is over. Those who waited for it, who are to look again.
  mutating func end(_ lease: LeaseID) -> [Place] {
    ended.insert(lease)
    return groups.removeValue(forKey: lease)?.places ?? []
  }

  /// Notifications come from now on, or no longer. Those who may have missed one are to look again.
  mutating func listens(_ listens: Bool, now: Int64) -> [[Place]] {
    isListening = listens
    if listens { return takeAll() }
    for lease in groups.keys {
      let lookAt = now + betweenLooks
      if let group = groups[lease], group.lookAt > lookAt { groups[lease]?.lookAt = lookAt }
    }
    return []
  }

  /// Takes out what is due.
  mutating func takeDue(now: Int64) -> Due {
    alarm = nil
    var due = Due()
    for (lease, group) in groups {
      due.late += group.places.filter { $0.deadline <= now }
      let patient = group.places.filter { $0.deadline > now }
      if patient.isEmpty {
        groups[lease] = nil
      } else if group.lookAt <= now {
        due.looking.append(patient)
        groups[lease] = nil
      } else {
        groups[lease]?.places = patient
      }
    }
    return due
  }

  /// Takes everybody out.
  mutating func takeAll() -> [[Place]] {
    defer { groups = [:] }
    return groups.values.map(\.places)
  }

  /// Milliseconds until `takeDue` has something, to be told once: nil where an earlier call told that or less.
  mutating func millisecondsToAlarm(now: Int64) -> Int64? {
    let next = groups.values.lazy.flatMap { [$0.lookAt] + $0.places.map(\.deadline) }.min()
    guard let next, alarm.map({ next < $0 }) ?? true else { return nil }
    alarm = next
    return max(0, next - now)
  }

  private var betweenLooks: Int64 {
    isListening ? Self.betweenLooksMilliseconds.listening : Self.betweenLooksMilliseconds.alone
  }
}

/// The leases whose end was heard of last: somebody who was told to wait may hear of the end before beginning to.
struct RecentLeases: Sendable {
  private static let limit = 4_096

  private var known: Set<LeaseID> = []
  private var inOrder: [LeaseID] = []
  private var oldest = 0

  func contains(_ lease: LeaseID) -> Bool { known.contains(lease) }

  mutating func insert(_ lease: LeaseID) {
    guard known.insert(lease).inserted else { return }
    if inOrder.count < Self.limit {
      inOrder.append(lease)
    } else {
      known.remove(inOrder[oldest])
      inOrder[oldest] = lease
      oldest = (oldest + 1) % Self.limit
    }
  }
}
