import TollgateClient

/// Work of which nobody knows beforehand what it costs: estimate, hold, call, charge what it was.
struct OfferQueries {
  static let feature = "offer_query"
  private static let lifetimeSeconds = 300
  private static let pauseSeconds = 5

  let tollgate: TollgateClient
  let upstream: Upstream
  let report: Report

  /// The middle of what the upstream takes: 1 for the query, 6 to 12 for each offer in it.
  static func estimate(offers: Int) -> Int { 1 + 9 * offers }

  /// One batch, however long it has to wait.
  ///
  /// - Returns: what was charged, which is what the upstream took.
  func run(offers: Int) async throws -> Int {
    let reservation = try await hold(Self.estimate(offers: offers))
    let actual: Int
    do { actual = try await upstream.query(offers: offers) } catch {
      try await tollgate.release(reservation.id)
      throw error
    }
    let captured = try await settle(reservation, actual)
    report.write(.settled(estimated: reservation.amount, actual: captured.captured, available: captured.available))
    return captured.captured
  }

  private func hold(_ tokens: Int) async throws -> Reservation {
    while true {
      do {
        return try await tollgate.reserve(
          Self.feature, units: .count(tokens), lifetimeSeconds: Self.lifetimeSeconds)
      } catch TollgateError.refilling(let refusal) {
        try await sleep(refusal.retryAfterSeconds, why: "hold")
      }
    }
  }

  /// What was used is charged down to the floor. Several workers at once may come to it: then the last one keeps what it
  /// holds, and waits until the bucket has the rest.
  private func settle(_ reservation: Reservation, _ actual: Int) async throws -> Capture {
    while true {
      do {
        return try await tollgate.capture(reservation.id, amount: actual)
      } catch TollgateError.insufficientTokens {
        let seconds = try await secondsUntil(actual - reservation.amount)
        try await tollgate.extend(reservation.id, lifetimeSeconds: Self.lifetimeSeconds + (seconds ?? 0))
        try await sleep(seconds, why: "settle")
      }
    }
  }

  /// Meanwhile it may have come: 0. Whose key may not ask tries again after a pause: the upstream's work was done, and its
  /// charge is not given up for that.
  ///
  /// - Returns: nil: never.
  private func secondsUntil(_ tokens: Int) async throws -> Int? {
    do {
      let check = try await tollgate.check(Self.feature, units: .count(tokens))
      return check.isAllowed ? 0 : check.retryAfterSeconds
    } catch TollgateError.forbidden {
      return Self.pauseSeconds
    }
  }

  private func sleep(_ seconds: Int?, why: String) async throws {
    guard let seconds else {
      throw Options.Unusable(description: "the bucket is too small for this, however long one waits")
    }
    let began = ContinuousClock.now
    try await Task.sleep(for: .seconds(seconds), tolerance: .zero)
    report.write(.slept(why: why, toldSeconds: seconds, took: ContinuousClock.now - began))
  }
}
