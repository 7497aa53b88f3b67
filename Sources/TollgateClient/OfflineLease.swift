internal import Foundation

/// Why a lease gives nothing more for now. `renew()` helps, once Tollgate can be reached.
public enum LeaseError: Error, Sendable, Equatable {
  /// Fewer units are left than were asked for.
  case usedUp(remainingUnits: Int)
  /// The time in which it may be spent from is over, or nothing was taken yet.
  case timeIsOver
}

/// Tokens taken ahead, to be spent without asking: also while Tollgate is away.
///
/// A lease is a reservation. Never more is spent than was reserved, and not for longer than `spendSeconds` from the
/// moment at which it was asked for, by this machine's clock that never goes back. What was spent is captured by
/// `settle()` or the next `renew()`, and the rest is let go. Tollgate has to be back within `settleSeconds` after that:
/// then the reservation expires, all of its tokens come back to the organization, and what was spent of it was free
/// (`lostTokens`). The same happens when the app dies: at most one lease is lost to Tollgate, and nothing to the tenant.
public actor OfflineLease {
  private struct Slice {
    let id: ReservationID
    let tokensPerUnit: Int
    let units: Int
    let spendUntil: ContinuousClock.Instant
    var spentUnits = 0
  }

  private let client: TollgateClient
  private let feature: String
  private let units: Int
  private let spendSeconds: Double
  private let lifetimeSeconds: Int
  private var current: Slice?
  /// Spent from, and not captured yet.
  private var unsettled: [Slice] = []
  private var isRenewing = false
  /// Settlements that wait for a renewal to end.
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Tokens that were spent and could not be charged: their reservation had expired, or Tollgate refused for good.
  public private(set) var lostTokens = 0

  /// Takes nothing yet: `renew()` does.
  ///
  /// - Parameters:
  ///   - client: who asks.
  ///   - feature: what is spent on; its price is per unit, without dimensions.
  ///   - units: how many uses are taken ahead, 1 or more. The most that can be spent while Tollgate is away.
  ///   - spendSeconds: for how long they may be spent.
  ///   - settleSeconds: how long after that Tollgate may stay away. Both together at most 86,400 seconds.
  public init(
    _ client: TollgateClient, feature: String, units: Int, spendSeconds: Double = 60, settleSeconds: Double = 3600
  ) {
    self.client = client
    self.feature = feature
    self.units = units
    self.spendSeconds = spendSeconds
    // What is out of bounds, and also what is no number, is within them here.
    lifetimeSeconds = Int(max(1, min(86_400, (spendSeconds + settleSeconds).rounded(.up))))
  }

  /// How many units may be spent at this moment.
  public var remainingUnits: Int {
    guard let current, ContinuousClock.now < current.spendUntil else { return 0 }
    return current.units - current.spentUnits
  }

  /// Spends units without asking anybody.
  ///
  /// - Throws: `LeaseError`; nothing was spent then.
  public func spend(units count: Int = 1) throws(LeaseError) {
    guard let slice = current, ContinuousClock.now < slice.spendUntil else { throw .timeIsOver }
    let remaining = slice.units - slice.spentUnits
    guard count >= 0, count <= remaining else { throw .usedUp(remainingUnits: remaining) }
    current?.spentUnits += count
  }

  /// Takes the next lease ahead, and settles the one before. While that is under way the old one may be spent from, so
  /// call it before it is used up; a second call meanwhile does nothing.
  ///
  /// - Throws: `TollgateError`. When nothing new could be taken, the old lease stays as it is.
  public func renew() async throws {
    guard !isRenewing else { return }
    isRenewing = true
    defer { endRenewal() }
    let asked = ContinuousClock.now
    let held = try await client.reserve(feature, units: .count(units), lifetimeSeconds: lifetimeSeconds)
    retire()
    current = Slice(
      id: held.id, tokensPerUnit: held.amount / max(units, 1), units: units,
      spendUntil: asked + .seconds(spendSeconds))
    try await settleFormer()
  }

  /// Charges what was spent and lets the rest go. Nothing can be spent afterwards until `renew()`. One that is under way
  /// is waited for, and what it gets is settled too.
  ///
  /// - Throws: `TollgateError`. What could not be settled is kept for the next call.
  public func settle() async throws {
    retire()
    if isRenewing { await withCheckedContinuation { waiting.append($0) } }
    retire()
    try await settleFormer()
  }

  private func endRenewal() {
    isRenewing = false
    for settlement in waiting { settlement.resume() }
    waiting = []
  }

  private func retire() {
    if let current { unsettled.append(current) }
    current = nil
  }

  private func settleFormer() async throws {
    while let slice = unsettled.first {
      do { try await finish(slice) } catch let error as TollgateError where Self.isFinal(error) { noteLoss(of: slice) }
      unsettled.removeAll { $0.id == slice.id }
    }
  }

  /// Nothing would settle it later either, and those behind it wait.
  private static func isFinal(_ error: TollgateError) -> Bool {
    switch error {
    case .conflict, .notFound: true
    case .rejected(let problem): problem.status >= 400
    default: false
    }
  }

  /// Two calls at once send the same key, which counts once.
  private func finish(_ slice: Slice) async throws {
    let key = "lease-\(slice.id)"
    if slice.spentUnits > 0 {
      try await client.capture(slice.id, amount: slice.spentUnits * slice.tokensPerUnit, idempotencyKey: key)
    } else {
      try await client.release(slice.id, idempotencyKey: key)
    }
  }

  private func noteLoss(of slice: Slice) {
    guard unsettled.contains(where: { $0.id == slice.id }) else { return }
    lostTokens += slice.spentUnits * slice.tokensPerUnit
  }
}
