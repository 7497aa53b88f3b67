/// Measures how often each of many asks, against one rate: a state machine without a clock. Times are nanoseconds of
/// whatever clock its owner has.
///
/// Of each it keeps one number, the moment at which all that it took will have come back (the generic cell rate
/// algorithm, ITU-T I.371). Whoever has everything back needs no number, and is forgotten when there are too many.
struct RateMeter<Key: Hashable & Sendable>: Sendable {
  /// What came of taking one.
  struct Reading: Sendable, Equatable {
    var isAdmitted: Bool
    /// How many more could be taken at this moment.
    var remaining: Int
    /// Until one more can be taken than now.
    var waitNanoseconds: Int64

    /// The same in whole seconds, rounded up, at least 1.
    var waitSeconds: Int { Int((max(waitNanoseconds, 1) + 999_999_999) / 1_000_000_000) }
  }

  let rate: RequestRate
  private let rule: Rule
  private let capacity: Int
  private var fullAgain: [Key: Int64] = [:]
  /// Shared by those for whom there is no room.
  private var fullAgainOfOthers: Int64 = .min
  private var nextCleaning: Int64 = .min

  /// - Parameters:
  ///   - rate: what each may.
  ///   - capacity: how many are told apart at the same time, at least 1.
  init(_ rate: RequestRate, capacity: Int) {
    self.rate = rate
    self.capacity = capacity
    rule = Rule(rate)
  }

  /// How many are remembered.
  var count: Int { fullAgain.count }

  /// Takes one if there is one.
  mutating func take(_ key: Key, now: Int64) -> Reading {
    if let index = fullAgain.index(forKey: key) { return rule.take(&fullAgain.values[index], now) }
    if fullAgain.count >= capacity { forgetFull(now) }
    guard fullAgain.count < capacity else { return rule.take(&fullAgainOfOthers, now) }
    return rule.take(&fullAgain[key, default: now], now)
  }

  /// Whether there is none to take.
  func isExhausted(_ key: Key, now: Int64) -> Bool {
    guard let until = fullAgain[key] else { return fullAgain.count >= capacity && rule.lacks(fullAgainOfOthers, now) }
    return rule.lacks(until, now)
  }

  /// Looking at all takes time, so with too many it is done once a second at most.
  private mutating func forgetFull(_ now: Int64) {
    guard now >= nextCleaning else { return }
    nextCleaning = now + 1_000_000_000
    fullAgain = fullAgain.filter { $0.value > now }
  }
}

extension RateMeter {
  /// The arithmetic of one rate.
  private struct Rule: Sendable {
    /// In which one comes back.
    let interval: Int64
    /// In which all come back.
    let depth: Int64

    init(_ rate: RequestRate) {
      interval = 1_000_000_000 / Int64(rate.perSecond)
      depth = interval * Int64(rate.burst)
    }

    func lacks(_ until: Int64, _ now: Int64) -> Bool { max(until, now) + interval - now > depth }

    func take(_ until: inout Int64, _ now: Int64) -> Reading {
      let before = max(until, now)
      let missing = before + interval - now
      guard missing <= depth else {
        return Reading(isAdmitted: false, remaining: 0, waitNanoseconds: missing - depth)
      }
      until = before + interval
      let spare = depth - missing
      return Reading(
        isAdmitted: true, remaining: Int(spare / interval), waitNanoseconds: interval - spare % interval)
    }
  }
}
