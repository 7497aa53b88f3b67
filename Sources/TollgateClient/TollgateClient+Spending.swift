internal import JSON

extension TollgateClient {
  /// Charges for a feature.
  ///
  /// - Parameters:
  ///   - feature: its name in the catalogue.
  ///   - units: how often, or how much.
  ///   - eventID: what caused it, for the ledger; up to 255 bytes.
  ///   - metadata: kept with the charge; up to 8 KiB.
  ///   - idempotencyKey: 1 to 255 printable ASCII characters that name this use for a week; nil: one of its own, so
  ///     that only this call's attempts are one.
  /// - Returns: the charge.
  /// - Throws: `TollgateError`; a refusal has charged nothing.
  public func deduct(
    _ feature: String, units: Units = 1, eventID: String? = nil, metadata: [String: String] = [:],
    idempotencyKey: String? = nil
  ) async throws -> Deduction {
    let members: [(name: String, value: JSONValue?)] = [
      ("featureUsed", .string(feature)), ("units", units.json), organization, user,
      ("eventId", eventID.map(JSONValue.string)), ("metadata", .texts(metadata)),
    ]
    return try await answer(.changing("/api/v1/tokens/deduct", members, key: idempotencyKey)) { try Deduction(&$0) }
  }

  /// Gives a charge back.
  ///
  /// - Parameters:
  ///   - transactionID: the charge.
  ///   - amount: tokens; nil: all that is left of it.
  ///   - reason: for the ledger; up to 255 bytes.
  ///   - idempotencyKey: as for `deduct`.
  /// - Returns: the refund.
  /// - Throws: `TollgateError`: `conflict` when nothing is left, `rejected` when the amount is more than is left.
  public func refund(
    _ transactionID: TransactionID, amount: Int? = nil, reason: String? = nil, idempotencyKey: String? = nil
  ) async throws -> Refund {
    let members: [(name: String, value: JSONValue?)] = [
      ("transactionId", .string(transactionID.description)), ("amount", amount.map { .integer(Int64($0)) }),
      ("reason", reason.map(JSONValue.string)), organization,
    ]
    return try await answer(.changing("/api/v1/tokens/refund", members, key: idempotencyKey)) { try Refund(&$0) }
  }

  /// Whether the organization has the tokens for one use of a feature, as existing apps ask. Changes nothing.
  ///
  /// - Throws: `TollgateError`; `invalidRequest` when the configuration names no organization.
  public func checkBalance(_ feature: String) async throws -> Bool {
    guard configuration.organizationID != nil else {
      throw TollgateError.invalidRequest(reason: "checkBalance needs the organization's id in the configuration.")
    }
    let members: [(name: String, value: JSONValue?)] = [organization, ("featureUsed", .string(feature))]
    return try await answer(.asking("/api/v1/tokens/check-balance", members)) { try $0.boolean("hasTokens") }
  }

  /// Every balance of the organization, or the one of a token type.
  ///
  /// - Throws: `TollgateError`.
  public func balances(tokenType: String? = nil) async throws -> [Balance] {
    let query: [(name: String, value: String?)] = [
      ("organizationId", configuration.organizationID?.description), ("tokenType", tokenType),
    ]
    return try await answer(.reading("/api/v1/tokens/balance", query: query)) {
      try $0.each("balances") { try Balance(&$0) }
    }
  }

  /// What tokens are spent on, and what that costs.
  ///
  /// - Throws: `TollgateError`.
  public func actions() async throws -> [Action] {
    try await answer(.reading("/api/v1/actions")) { try $0.each("data") { try Action(&$0) } }
  }

  /// Whether an action could be performed now, with the figures; for want of tokens it is an answer, not an error.
  ///
  /// - Throws: `TollgateError`; `notFound` for an unknown action.
  public func check(_ action: String, units: Units = 1) async throws -> ActionCheck {
    let members: [(name: String, value: JSONValue?)] = [("units", units.json), organization, user]
    return try await answer(.asking("/api/v1/actions/\(Call.escaped(action))/check", members)) { try ActionCheck(&$0) }
  }

  /// Sends a call and reads its answer.
  func answer<Value>(
    _ call: Call, _ read: (inout ObjectReader) throws -> Value
  ) async throws(TollgateError) -> Value {
    var members = try await send(call)
    do { return try read(&members) } catch {
      throw .unreadableAnswer(reason: "The answer is not one of Tollgate's: \(error)")
    }
  }
}

extension JSONValue {
  /// An object of texts; nil for none.
  static func texts(_ texts: [String: String]) -> JSONValue? {
    guard !texts.isEmpty else { return nil }
    return .object(JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
  }
}

extension ObjectReader {
  fileprivate mutating func each<Value>(
    _ name: String, _ read: (inout ObjectReader) throws -> Value
  ) throws -> [Value] {
    try array(name).map { item in
      var members = try ObjectReader(item)
      return try read(&members)
    }
  }
}
