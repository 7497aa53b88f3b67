/// What guarded work was worth: its value, and the tokens that it took in the end.
public struct Costed<Value> {
  public let value: Value
  /// Tokens, 0 or more. 0 lets everything go.
  public let tokens: Int

  public init(_ value: Value, tokens: Int) {
    self.value = value
    self.tokens = tokens
  }
}

extension Costed: Sendable where Value: Sendable {}

/// How a job went that is skipped for want of tokens.
public enum Attempt<Value> {
  case done(Value)
  case skipped(Skip)
}

extension Attempt: Sendable where Value: Sendable {}

/// Why a job was skipped.
public struct Skip: Sendable, Equatable {
  /// What the job ends as.
  public static let status = "SKIPPED_NO_TOKENS"

  public let refusal: Refusal

  /// `Insufficient tokens: 50/200 available`; of a limit, or a plan without the feature, what Tollgate says.
  public var message: String {
    switch refusal.problem.code {
    case "insufficient_tokens", "critical_balance", "refilling":
      "Insufficient tokens: \(refusal.availableTokens)/\(refusal.requiredTokens) available"
    default: refusal.problem.detail
    }
  }

  /// Whole seconds after which the job could run; nil where waiting does not help.
  public var retryAfterSeconds: Int? { refusal.retryAfterSeconds }
}

extension TollgateClient {
  /// Runs work that costs tokens: holds them, runs it, and charges what was held; when it throws, everything is let go.
  ///
  /// The reservation is extended for as long as the work runs, up to `longestWorkSeconds`. Work that ends by throwing because its task was cancelled
  /// is not charged; work that ends well is, also in a cancelled task. When this process dies, the tokens come back
  /// after `lifetimeSeconds`.
  ///
  /// - Parameters:
  ///   - feature: its name in the catalogue.
  ///   - units: how often, or how much.
  ///   - lifetimeSeconds: how long tokens stay held when nobody extends them any more; 3 to 86,400.
  ///   - work: gets what is held.
  /// - Returns: what the work returned.
  /// - Throws: `TollgateError` when it was refused, before the work began, or not charged, after it; what the work throws.
  public func withTokens<Value>(
    _ feature: String, units: Units = 1, lifetimeSeconds: Int = 60, _ work: (Reservation) async throws -> Value
  ) async throws -> Value {
    try await run(try await reserve(feature, units: units, lifetimeSeconds: lifetimeSeconds), lifetimeSeconds) {
      (try await work($0), nil)
    }
  }

  /// The same for work that knows afterwards what it cost.
  ///
  /// When it took more than the balance has, what was held is charged, and the refusal of the rest thrown.
  public func withTokens<Value>(
    _ feature: String, estimate: Units, lifetimeSeconds: Int = 60,
    _ work: (Reservation) async throws -> Costed<Value>
  ) async throws -> Value {
    try await run(try await reserve(feature, units: estimate, lifetimeSeconds: lifetimeSeconds), lifetimeSeconds) {
      let result = try await work($0)
      return (result.value, result.tokens)
    }
  }

  /// The same for batch jobs: a refusal skips the work instead of throwing.
  ///
  /// Skipped is what Tollgate refused with figures: too few tokens, a limit, a plan without the feature. A wrong
  /// credential, a suspended organization or a Tollgate that is away still throws.
  public func withTokensOrSkip<Value>(
    _ feature: String, units: Units = 1, lifetimeSeconds: Int = 60, _ work: (Reservation) async throws -> Value
  ) async throws -> Attempt<Value> {
    let reservation: Reservation
    do {
      reservation = try await reserve(feature, units: units, lifetimeSeconds: lifetimeSeconds)
    } catch let error as TollgateError {
      guard let refusal = error.refusal else { throw error }
      return .skipped(Skip(refusal: refusal))
    }
    return .done(try await run(reservation, lifetimeSeconds) { (try await work($0), nil) })
  }

  private func run<Value>(
    _ reservation: Reservation, _ lifetimeSeconds: Int,
    _ work: (Reservation) async throws -> (value: Value, tokens: Int?)
  ) async throws -> Value {
    let keeper = Task { await keep(reservation.id, lifetimeSeconds: lifetimeSeconds) }
    defer { keeper.cancel() }
    let result: (value: Value, tokens: Int?)
    do {
      // An attempt to reserve that is under way goes on in a cancelled task, so that what it got is let go.
      try Task.checkCancellation()
      result = try await work(reservation)
    } catch {
      await letGo(reservation.id)
      throw error
    }
    try await settle(reservation, tokens: result.tokens)
    return result.value
  }

  /// Extends a reservation again and again until the task is cancelled or the reservation is over, or the work has run
  /// for too long: what never ends does not hold tokens for ever.
  private func keep(_ id: ReservationID, lifetimeSeconds: Int) async {
    let end = ContinuousClock.now + .seconds(configuration.longestWorkSeconds)
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(Double(lifetimeSeconds) / 3))
        guard ContinuousClock.now < end else { return }
        try await extend(id, lifetimeSeconds: lifetimeSeconds)
      } catch TollgateError.unavailable, TollgateError.notReached {
        // Somebody may be back before the time is over.
        continue
      } catch {
        return
      }
    }
  }

  /// Not in the task that was cancelled: it would send nothing. What cannot be let go comes back by itself.
  private func letGo(_ id: ReservationID) async {
    _ = await Task { try await release(id) }.result
  }

  private func settle(_ reservation: Reservation, tokens: Int?) async throws {
    if tokens == 0, reservation.amount > 0 { return await letGo(reservation.id) }
    do {
      _ = try await Task { try await capture(reservation.id, amount: tokens) }.value
    } catch TollgateError.insufficientTokens(let refusal) {
      _ = try await Task { try await capture(reservation.id) }.value
      throw TollgateError.insufficientTokens(refusal)
    }
  }
}
