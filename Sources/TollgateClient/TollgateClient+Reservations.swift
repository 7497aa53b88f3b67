internal import JSON

extension TollgateClient {
  /// Holds what a feature costs, for work whose price is known afterwards.
  ///
  /// - Parameters:
  ///   - feature: its name in the catalogue.
  ///   - units: the estimate.
  ///   - lifetimeSeconds: 1 to 86,400; then the tokens come back by themselves.
  ///   - eventID: as for `deduct`.
  ///   - metadata: as for `deduct`.
  ///   - idempotencyKey: as for `deduct`.
  /// - Returns: what is held.
  /// - Throws: `TollgateError`; a refusal holds nothing.
  public func reserve(
    _ feature: String, units: Units = 1, lifetimeSeconds: Int = 300, eventID: String? = nil,
    metadata: [String: String] = [:], idempotencyKey: String? = nil
  ) async throws -> Reservation {
    try await reserve(
      [("featureUsed", .string(feature)), ("units", units.json)], lifetimeSeconds, eventID, metadata, idempotencyKey)
  }

  /// Holds tokens of a type.
  ///
  /// - Parameters:
  ///   - tokenType: its name.
  ///   - amount: tokens, 1 or more.
  ///   - lifetimeSeconds: 1 to 86,400; then the tokens come back by themselves.
  ///   - eventID: as for `deduct`.
  ///   - metadata: as for `deduct`.
  ///   - idempotencyKey: as for `deduct`.
  /// - Returns: what is held.
  /// - Throws: `TollgateError`; a refusal holds nothing.
  public func reserve(
    tokenType: String, amount: Int, lifetimeSeconds: Int = 300, eventID: String? = nil,
    metadata: [String: String] = [:], idempotencyKey: String? = nil
  ) async throws -> Reservation {
    try await reserve(
      [("tokenType", .string(tokenType)), ("amount", .integer(Int64(amount)))], lifetimeSeconds, eventID, metadata,
      idempotencyKey)
  }

  private func reserve(
    _ what: [(name: String, value: JSONValue?)], _ lifetimeSeconds: Int, _ eventID: String?,
    _ metadata: [String: String], _ key: String?
  ) async throws -> Reservation {
    let members =
      what + [
        ("ttlSeconds", .integer(Int64(lifetimeSeconds))), organization, user,
        ("eventId", eventID.map(JSONValue.string)), ("metadata", .texts(metadata)),
      ]
    return try await answer(.changing("/api/v1/reservations", members, key: key)) { try Reservation(&$0) }
  }

  /// Charges what is held, or what it was in the end.
  ///
  /// - Parameters:
  ///   - id: the reservation.
  ///   - amount: tokens. Less lets the rest go; more is charged if the balance or its overdraft has it. Nil: all.
  ///   - idempotencyKey: as for `deduct`.
  /// - Returns: the charge.
  /// - Throws: `TollgateError`: `insufficientTokens` when more is not there, and the reservation stays; `conflict` when
  ///   it is finished or expired.
  @discardableResult
  public func capture(
    _ id: ReservationID, amount: Int? = nil, idempotencyKey: String? = nil
  ) async throws -> Capture {
    let members = [("amount", amount.map { JSONValue.integer(Int64($0)) }), organization]
    return try await answer(.changing(path(id, "capture"), members, key: idempotencyKey)) { try Capture(&$0) }
  }

  /// Lets go what is held.
  ///
  /// - Throws: `TollgateError`; `conflict` when it is finished or expired.
  @discardableResult
  public func release(_ id: ReservationID, idempotencyKey: String? = nil) async throws -> Release {
    try await answer(.changing(path(id, "release"), [organization], key: idempotencyKey)) { try Release(&$0) }
  }

  /// Holds for so many seconds from now on, 1 to 86,400.
  ///
  /// - Throws: `TollgateError`; `conflict` when it is finished or expired.
  @discardableResult
  public func extend(
    _ id: ReservationID, lifetimeSeconds: Int, idempotencyKey: String? = nil
  ) async throws -> Reservation {
    let members = [("ttlSeconds", JSONValue.integer(Int64(lifetimeSeconds))), organization]
    return try await answer(.changing(path(id, "extend"), members, key: idempotencyKey)) { try Reservation(&$0) }
  }

  private func path(_ id: ReservationID, _ step: String) -> String {
    "/api/v1/reservations/\(Call.escaped(id.description))/\(step)"
  }
}
