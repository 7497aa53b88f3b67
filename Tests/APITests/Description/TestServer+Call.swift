import JSON
import Testbed
import Testing

extension TestServer {
  /// Sends a request and holds the answer, and the body if it was accepted, against openapi.json.
  func call(
    _ method: String, _ target: String, token: String? = nil, headers: [(String, String)] = [],
    contentType: String? = "application/json", body: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    try await call(
      method, target, token: token, headers: headers, contentType: contentType, bytes: body.map { Array($0.utf8) },
      sourceLocation: sourceLocation)
  }

  /// The same with a body that need not be text.
  func call(
    _ method: String, _ target: String, token: String? = nil, headers: [(String, String)] = [],
    contentType: String? = "application/json", bytes: [UInt8]?, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    let answer = try await send(
      method, target, token: token, headers: headers, contentType: contentType, body: bytes)
    let description = try Description.embedded.get()
    let path = String(target.prefix { $0 != "?" })
    #expect(try description.faults(in: answer, to: method, path) == [], sourceLocation: sourceLocation)
    if (200...299).contains(answer.status), let bytes, !answer.body.contains(#""status":"invalid""#) {
      let faults = description.faults(inRequest: try parseJSON(bytes), to: method, path)
      #expect(faults == [], sourceLocation: sourceLocation)
    }
    return answer
  }
}

/// The paths of the API.
enum Path {
  static let checkBalance = "/api/v1/tokens/check-balance"
  static let stats = "/api/v1/tokens/stats"
  static let deduct = "/api/v1/tokens/deduct"
  static let batch = "/api/v1/tokens/deduct/batch"
  static let balance = "/api/v1/tokens/balance"
  static let refund = "/api/v1/tokens/refund"
  static let topUp = "/api/v1/tokens/top-up"
  static let ledger = "/api/v1/tokens/ledger"
  static let transactions = "/api/v1/tokens/transactions"
  static let reservations = "/api/v1/reservations"
  static let tokenUsage = "/api/token-usage"
  static let attributes = "/api/attributes"
  static let budgets = "/api/v1/admin/budgets"
  static let session = "/dashboard/session"
}

extension Tenant {
  /// A body for check-balance.
  func asking(_ feature: String, _ action: String? = nil) -> String {
    let action = action.map { #","action":"\#($0)""# } ?? ""
    return #"{"organizationId":"\#(organizationID)","featureUsed":"\#(feature)"\#(action)}"#
  }
}
