import TollgateClient

/// Calls of which there are so many a day. Over the quota there is an answer that is safe to live with until tomorrow.
struct PriceDecisions {
  static let feature = "price_decision"
  /// The price as it is: never wrong by much.
  static let fallback = "keep the price"

  let tollgate: TollgateClient
  let upstream: Upstream
  let report: Report

  @discardableResult
  func decide(_ item: String) async throws -> String {
    do {
      let call = try await tollgate.deduct(Self.feature, eventID: item)
      let value = try await upstream.decide(item)
      report.write(.decided(item: item, value: value, transaction: call.transactionID.description))
      return value
    } catch TollgateError.limitReached(let refusal) {
      report.write(.fellBack(item: item, value: Self.fallback, retryAfterSeconds: refusal.retryAfterSeconds))
      return Self.fallback
    }
  }
}
