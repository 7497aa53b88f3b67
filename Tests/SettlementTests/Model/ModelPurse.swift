import Tokens

/// One balance with its packs and reservations. A movement is applied at once, to all that it concerns.
struct ModelPurse {
  struct Pack: Equatable {
    let id: TransactionID
    var remaining: Int64
    let expiresAt: Instant
    /// Its time was over: what is left of it is held by reservations, and goes as soon as it can.
    var isOver = false
  }

  struct Hold {
    let id: TransactionID
    let amount: Int64
    let feature: String?
    let userID: UserID?
    let createdAt: Instant
    var expiresAt: Instant
    var status = Status.open
    var captured: Int64 = 0
    /// Limits count it as long as it is open or captured.
    var isCounted = true

    enum Status: String { case open, captured, released, expired }
  }

  let tokenType: String
  var balance: Int64 = 0
  var allocated: Int64 = 0
  var used: Int64 = 0
  /// The part of the balance that was bought; never more than the balance.
  private(set) var purchased: Int64 = 0
  var overdraft: Int64 = 0
  var periodEnd: Instant?
  let anchor: Instant
  var refilledAt: Instant?
  var packs: [Pack] = []
  var holds: [Hold] = []
  /// The worst level that this period began with or was told of.
  var announced = 0
  /// Whether something has moved it since events were last thought of.
  var hasMoved = false
  /// Events that were written, as the test reads them.
  var events: [String] = []

  /// A balance of nothing, which begins exhausted.
  init(empty tokenType: String, at now: Instant) {
    self.tokenType = tokenType
    anchor = now
    announced = 3
  }

  /// A balance as a plan grants it.
  init(tokenType: String, granted allocation: ModelCatalogue.Allocation, at now: Instant, _ calendar: ModelCalendar) {
    self.init(empty: tokenType, at: now)
    balance = allocation.tokens
    allocated = allocation.tokens
    overdraft = allocation.overdraft
    periodEnd = allocation.period.end(from: nil, after: now, anchor: now, calendar)
    refilledAt = allocation.refillMicroseconds == nil ? nil : now
    announced = level
  }

  var reserved: Int64 { holds.reduce(0) { $0 + ($1.status == .open ? $1.amount : 0) } }
  var available: Int64 { balance - reserved }
  var state: String { ModelCatalogue.thresholds(tokenType, allocated: allocated).state(available) }
  var level: Int { ModelCatalogue.levels.firstIndex(of: state) ?? 0 }
  /// The plan's part; below 0 it is a debt.
  var planned: Int64 { balance - purchased }

  /// Takes tokens, the plan's first. Returns how many of them were bought ones.
  mutating func charge(_ cost: Int64) -> Int64 {
    balance -= cost
    used += cost
    return keepPurchased(purchased)
  }

  /// Adds tokens, of which so many were bought and come as a pack.
  mutating func add(_ amount: Int64, bought: Int64, id: TransactionID, expiresAt: Instant) {
    if bought > 0 {
      let pack = Pack(id: id, remaining: bought, expiresAt: expiresAt)
      packs.append(pack)
      packs.sort { ($0.expiresAt, $0.id.bits) < ($1.expiresAt, $1.id.bits) }
    }
    balance += amount
    // A debt is paid first: what that took is spent.
    _ = keepPurchased(purchased + bought)
  }

  /// Moves the balance, whoever says so.
  mutating func move(by amount: Int64) {
    balance += amount
    hasMoved = hasMoved || amount != 0
    _ = keepPurchased(purchased)
  }

  /// As many tokens are bought ones as there were, and as the balance has; what is gone is of the packs that expire
  /// first. Returns how many are gone.
  @discardableResult
  mutating func keepPurchased(_ before: Int64) -> Int64 {
    purchased = max(0, min(before, balance))
    var excess = packs.reduce(0) { $0 + $1.remaining } - purchased
    for place in packs.indices where excess > 0 {
      let taken = min(packs[place].remaining, excess)
      packs[place].remaining -= taken
      excess -= taken
    }
    return before - purchased
  }

  /// When bought tokens that come back expire: with the last of the others.
  func lastExpiry(after now: Instant) -> Instant {
    packs.map(\.expiresAt).filter { $0 > now }.max() ?? ModelCalendar.utc.adding(months: 12, to: now)
  }

  /// Gives the balance its allocation anew: what was unused up to the cap rolls over, what was bought and what is held
  /// stays, and a debt is paid.
  mutating func reset(_ allocation: ModelCatalogue.Allocation?) {
    let tokens = allocation?.tokens ?? 0
    balance = max(tokens + min(planned, allocation?.rolloverCap ?? 0) + purchased, reserved - overdraft)
    allocated = tokens
    used = 0
  }

  /// Tells of a state that is worse than any in this period.
  mutating func announce() {
    hasMoved = false
    guard level > announced else { return }
    announced = level
    events.append("threshold|\(tokenType)|\(state)|\(available)|\(allocated)|\(periodEnd.map(String.init) ?? "")")
  }
}
