/// Who comes next: a party has one thing under way, and a line behind that. A state machine without threads or clocks.
///
/// What is given out goes to the end of a queue that everybody shares. As that has one thing of each party at the most,
/// parties take turns there: a flood of one delays another's only request by one turn.
struct TurnLines<Item: Sendable>: Sendable {
  private struct Place: Sendable {
    let item: Item
    let deadline: ContinuousClock.Instant
  }

  /// What one party has behind the thing that is under way.
  private struct Line: Sendable {
    var arrived: [Place] = []
    /// Those that arrived before them, the first one last.
    var oldest: [Place] = []

    var count: Int { arrived.count + oldest.count }

    mutating func takeFirst() -> Place? {
      if oldest.isEmpty {
        oldest = arrived.reversed()
        arrived = []
      }
      return oldest.popLast()
    }
  }

  enum Admission {
    /// The caller begins it now.
    case begins
    /// `leave` will give it out.
    case waits
    /// There is no room.
    case refused
  }

  private var lines: [Party: Line] = [:]
  /// What waits and what is under way.
  private var count = 0
  private let limit: Int
  private let partyLimit: Int
  private var isClosed = false

  /// - Parameter limit: what may wait and be under way in all; of one party half as much, so that the flood of one never
  ///   closes the door to the others.
  init(limit: Int) {
    self.limit = limit
    partyLimit = max(1, limit / 2)
  }

  /// Begins something, or has it wait.
  ///
  /// - Parameters:
  ///   - item: what is to be done.
  ///   - party: whose turn it takes.
  ///   - deadline: after which it is not begun any more.
  ///   - lineLimit: how much of this party may wait before this is refused.
  /// - Returns: what becomes of it.
  mutating func enter(
    _ item: Item, of party: Party, deadline: ContinuousClock.Instant, lineLimit: Int = .max
  ) -> Admission {
    guard !isClosed, count < limit else { return .refused }
    guard let waiting = lines[party]?.count else {
      lines[party] = Line()
      count += 1
      return .begins
    }
    guard waiting < lineLimit, waiting + 1 < partyLimit else { return .refused }
    lines[party]?.arrived.append(Place(item: item, deadline: deadline))
    count += 1
    return .waits
  }

  /// What the party had under way is done.
  ///
  /// - Returns: what it begins now, and what waited too long and is not begun.
  mutating func leave(_ party: Party, now: ContinuousClock.Instant) -> (next: Item?, late: [Item]) {
    count -= 1
    var late: [Item] = []
    while let place = lines[party]?.takeFirst() {
      if place.deadline >= now { return (place.item, late) }
      late.append(place.item)
      count -= 1
    }
    lines[party] = nil
    return (nil, late)
  }

  /// Takes nothing more, and gives out what waits, to be refused. What is under way still leaves.
  mutating func close() -> [Item] {
    isClosed = true
    var waiting: [Item] = []
    for party in lines.keys {
      while let place = lines[party]?.takeFirst() { waiting.append(place.item) }
    }
    count -= waiting.count
    return waiting
  }
}
