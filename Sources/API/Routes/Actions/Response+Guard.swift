import HTTP
import JSON
import Tokens

extension Response {
  /// Lets a request through.
  static func passing(balance: Int64, required: Int64, isReplay: Bool) -> Response {
    let numbers = [("X-Tollgate-Balance", String(balance)), ("X-Tollgate-Required", String(required))]
    return Response(status: 200, headers: commonHeaders + numbers + (isReplay ? [idempotentReplayed] : []))
  }

  /// Keeps a request away, with the body that clients of guarded services know.
  ///
  /// Under a status that the proxy prescribed, body and status are header fields as well: nginx hands on neither.
  static func refusing(
    _ refusal: ActionRefusal, _ transactionID: TransactionID, _ asked: GuardRequest, isReplay: Bool
  ) -> Response {
    let body = body(refusal, transactionID, endpoint: asked.action)
    let status =
      switch refusal.code {
      case .notOnPlan, .organizationSuspended: 403
      default: 429
      }
    var headers = [("Content-Type", "application/json")] + commonHeaders
    headers.append(("X-Tollgate-Balance", String(refusal.balance)))
    headers.append(("X-Tollgate-Required", String(refusal.required)))
    if let seconds = refusal.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
    if isReplay { headers.append(idempotentReplayed) }
    if asked.refusalStatus != nil {
      headers.append(("X-Tollgate-Status", String(status)))
      headers.append(("X-Tollgate-Refusal", String(decoding: body, as: UTF8.self)))
    }
    return Response(status: asked.refusalStatus ?? status, headers: headers, body: body)
  }

  private static func body(
    _ refusal: ActionRefusal, _ transactionID: TransactionID, endpoint: String
  ) -> [UInt8] {
    var writer = JSONWriter(reserving: 384)
    writer.beginObject()
    writer.name("detail")
    writer.beginObject()
    writer.member("message", refusal.message)
    writer.member("current_balance", refusal.balance)
    writer.member("required_tokens", refusal.required)
    writer.member("endpoint", endpoint)
    writer.member("deficit", refusal.deficit)
    writer.member("code", refusal.code.rawValue)
    writer.member("token_type", refusal.tokenType)
    writer.member("available_tokens", refusal.available)
    writer.member("transaction_id", transactionID)
    if let limit = refusal.limit { writer.member("limit", limit) }
    if let seconds = refusal.retryAfterSeconds { writer.member("retry_after_seconds", seconds) }
    writer.endObject()
    writer.endObject()
    return writer.finish()
  }
}
