import JSON
import Testbed
import Testing

extension ServedDatabase {
  /// Asks as the tenant's user, and holds the answer against openapi.json.
  func ask(
    _ tenant: Tenant, _ path: String, _ body: String?, key: String? = nil, requestID: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    let headers = (key.map { [("Idempotency-Key", $0)] } ?? []) + (requestID.map { [("X-Request-Id", $0)] } ?? [])
    return try await server.call(
      "POST", path, token: tenant.token, headers: headers, body: body, sourceLocation: sourceLocation)
  }

  /// Asks as a trusted server.
  func askAsService(
    _ path: String, _ body: String?, key: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    let headers = key.map { [("Idempotency-Key", $0)] } ?? []
    return try await server.call(
      "POST", path, token: try server.tokens.service(), headers: headers, body: body, sourceLocation: sourceLocation)
  }

  /// Buys tokens for a tenant.
  func topUp(_ tenant: Tenant, _ tokenType: String, _ amount: Int, payment: String) async throws -> RawClient.Answer {
    try await askAsService(
      Path.topUp,
      #"{"organizationId":"\#(tenant.organizationID)","tokenType":"\#(tokenType)","amount":\#(amount),"#
        + #""paymentId":"\#(payment)"}"#)
  }

  /// Spends on a feature, and returns the charge.
  func charge(_ tenant: Tenant, _ feature: String, units: Int = 1) async throws -> String {
    let answer = try await ask(tenant, Path.deduct, #"{"featureUsed":"\#(feature)","units":\#(units)}"#)
    #expect(answer.status == 200)
    return try #require(try answer.json()["transactionId"]?.string)
  }

  /// A balance as the API tells it.
  func balance(_ tenant: Tenant, _ tokenType: String) async throws -> JSONValue {
    let answer = try await server.call("GET", Path.balance + "?tokenType=\(tokenType)", token: tenant.token)
    return try #require(try answer.json()["balances"]?.array?.first)
  }

  /// One row of the ledger, columns separated by bars.
  func ledger(_ columns: String, of id: String) async throws -> String? {
    try await text("SELECT concat_ws('|', \(columns)) FROM tollgate.ledger WHERE id = '\(id)'")
  }
}

extension RawClient.Answer {
  /// The problem's code.
  var code: String? { get throws { try json()["code"]?.string } }
}

/// Sends the same at the same time.
func atOnce(
  _ count: Int, _ send: @escaping @Sendable () async throws -> RawClient.Answer
) async throws -> [RawClient.Answer] {
  try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
    for _ in 0..<count { group.addTask { try await send() } }
    return try await group.reduce(into: []) { $0.append($1) }
  }
}
