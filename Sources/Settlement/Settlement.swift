public import Postgres
public import Tokens

/// The hot path: takes requests to spend, sends what waits as one batch a lane, and gives each request its own answer.
///
/// A request of an organization always goes to the same lane, so that lanes do not wait for each other's rows. While a
/// lane waits for its commit the next batch gathers by itself: an idle server adds no delay, a busy one fills batches.
public final class Settlement: Sendable {
  private let lanes: [SettlementLane]

  /// - Parameters:
  ///   - settings: the server's login; every lane has a connection of its own.
  ///   - laneCount: connections that settle, at least 1.
  ///   - queueLimit: requests that may wait, over all lanes; more are refused as overloaded.
  public init(settings: ConnectionSettings, laneCount: Int, queueLimit: Int) {
    let count = max(1, laneCount)
    lanes = (0..<count).map {
      SettlementLane(name: "settlement \($0)", settings: settings, queueLimit: max(1, queueLimit / count))
    }
  }

  /// Never blocks. `completion` runs once, on a lane's thread or at once on the caller's.
  public func deduct(
    _ deduction: Deduction, completion: @escaping @Sendable (Result<DeductionAnswer, SettlementFailure>) -> Void
  ) {
    let lane = Int(UInt(bitPattern: deduction.organizationID.hashValue) % UInt(lanes.count))
    lanes[lane].submit(PendingDeduction(deduction: deduction, completion: completion))
  }

  /// The same for a caller that awaits.
  public func deduct(_ deduction: Deduction) async -> Result<DeductionAnswer, SettlementFailure> {
    await withCheckedContinuation { continuation in
      deduct(deduction) { continuation.resume(returning: $0) }
    }
  }

  /// Settles what waits, then closes the connections. Blocks until that is done; later requests are refused.
  public func shutDown() {
    for lane in lanes { lane.shutDown() }
  }
}
