import Tokens

/// What happens to a balance by itself.
extension ModelPurse {
  private enum Happening {
    case hold(Int)
    case pack(Int)
    case period
  }

  /// Lets everything happen that is due, one thing after the other, and tells where that leads.
  ///
  /// - Parameters:
  ///   - now: until when.
  ///   - calendar: where days begin.
  ///   - allocation: what the plan of a time allocates.
  mutating func advance(
    to now: Instant, _ calendar: ModelCalendar, _ allocation: (Instant) -> ModelCatalogue.Allocation?
  ) {
    letGoWhatIsGone(now)
    while let (at, happening) = next(until: now) {
      refill(to: at, allocation(at))
      expireOverduePacks()
      switch happening {
      case .hold(let place): holds[place].status = .expired
      case .pack(let place): packs[place].isOver = true
      case .period:
        let present = allocation(at)
        overdraft = present?.overdraft ?? overdraft
        reset(present)
        periodEnd = (present?.period ?? .days(30)).end(from: at, after: at, anchor: anchor, calendar)
        announced = level
        // It becomes a bucket with its first period that has one.
        if present?.refillMicroseconds != nil { refilledAt = refilledAt ?? at }
      }
      expireOverduePacks()
      hasMoved = true
    }
    refill(to: now, allocation(now))
    expireOverduePacks()
    if hasMoved { announce() }
  }

  /// What an administrator took away can no longer be held: what ends first is let go before the others.
  private mutating func letGoWhatIsGone(_ now: Instant) {
    let open = holds.indices.filter { holds[$0].status == .open }
    for place in open.sorted(by: { (holds[$0].expiresAt, holds[$0].id.bits) < (holds[$1].expiresAt, holds[$1].id.bits) }
    ) {
      guard available < -overdraft else { return }
      holds[place].status = holds[place].expiresAt > now ? .released : .expired
      hasMoved = true
    }
  }

  private func next(until now: Instant) -> (Instant, Happening)? {
    var found: [(Instant, Happening)] = []
    for (place, hold) in holds.enumerated() where hold.status == .open { found.append((hold.expiresAt, .hold(place))) }
    for (place, pack) in packs.enumerated() where !pack.isOver { found.append((pack.expiresAt, .pack(place))) }
    if let periodEnd { found.append((periodEnd, .period)) }
    // Of what happens at once a hold is let go first, and a period ends last; packs are in order.
    let first = found.min { $0.0 < $1.0 }
    return first.flatMap { $0.0 <= now ? $0 : nil }
  }

  /// What a reservation holds stays until it ends.
  private mutating func expireOverduePacks() {
    for place in packs.indices where packs[place].isOver && packs[place].remaining > 0 {
      let expired = min(packs[place].remaining, max(0, available))
      packs[place].remaining -= expired
      balance -= expired
      hasMoved = hasMoved || expired > 0
      keepPurchased(purchased - expired)
    }
  }

  /// A token comes back every so often while the bucket is not full; the rest of one stays on its way.
  private mutating func refill(to now: Instant, _ allocation: ModelCatalogue.Allocation?) {
    guard let allocation, let each = allocation.refillMicroseconds, let last = refilledAt else { return }
    let gained = (now - last) / each
    balance += max(0, min(gained, allocation.tokens - planned))
    let isFull = planned >= allocation.tokens
    refilledAt = isFull ? now : last + gained * each
    if isFull { announced = min(announced, level) }
  }
}
