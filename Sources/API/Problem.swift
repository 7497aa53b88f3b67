import HTTP
import JSON
import Tokens

/// An answer that is not the one the client hoped for: a body of RFC 9457 with Tollgate's members.
struct Problem: Error, Sendable {
  var code: ProblemCode
  /// One sentence about this occurrence, safe to show. On `check-balance` and `stats` it is also the member `error`.
  var detail: String
  /// The numbers of a recorded refusal.
  var refusal: RefusalDetails?
  /// Whole seconds after which trying again makes sense.
  var retryAfterSeconds: Int?
  /// What does not fit into a content budget.
  var content: ContentDecision?
  /// Of an atomic batch: what became of each item, as JSON.
  var results: [UInt8]?
  var isReplay = false
  /// Why PostgreSQL gave no answer, for the log; nil for every other problem.
  var cause: ServiceFailure?

  init(_ code: ProblemCode, _ detail: String, retryAfterSeconds: Int? = nil) {
    self.code = code
    self.detail = detail
    self.retryAfterSeconds = retryAfterSeconds
  }

  static let unauthorized = Problem(.unauthorized, "Unauthorized")
  static let forbidden = Problem(.forbidden, "Forbidden")
  static let notFound = Problem(.notFound, "Not found")
  static let batchRefused = Problem(.batchRefused, "Another item of the batch was not granted.")
  static let internalError = Problem(.internalError, "Internal server error")
}

/// What a refusal to spend says in numbers. Tokens throughout.
struct RefusalDetails: Sendable {
  /// Nil where tokens were asked for by their type, or for a reservation.
  var featureUsed: String?
  var tokenType: String
  var requiredTokens: Int64
  var availableTokens: Int64
  var balance: Int64
  var transactionID: TransactionID
  /// What bound: `balance`, `critical_threshold` or the name of a limit; nil where there is nothing more to say.
  var limit: String?

  func write(to writer: inout JSONWriter) {
    writer.member("featureUsed", featureUsed)
    writer.member("tokenType", tokenType)
    writer.member("requiredTokens", requiredTokens)
    writer.member("availableTokens", availableTokens)
    writer.member("deficit", max(0, requiredTokens.subtractingReportingOverflow(availableTokens).partialValue))
    writer.member("balance", balance)
    writer.member("transactionId", transactionID)
    if let limit { writer.member("limit", limit) }
  }
}

/// Which value the member `error` has.
enum ErrorMember: Sendable {
  /// The stable code: everywhere but for the two routes below.
  case code
  /// The sentence that the apps calling `check-balance` and `stats` show to people.
  case sentence
}

extension Problem {
  func response(requestID: String, errorMember: ErrorMember) -> Response {
    var writer = JSONWriter(reserving: 512)
    writer.beginObject()
    writer.member("type", "urn:tollgate:problem:\(code.rawValue)")
    writer.member("title", code.title)
    writer.member("status", code.status)
    writer.member("detail", detail)
    writer.member("code", code.rawValue)
    writer.member("error", errorMember == .code ? code.rawValue : detail)
    writer.member("requestId", requestID)
    refusal?.write(to: &writer)
    content?.write(to: &writer)
    if let results { writer.member("results", raw: results) }
    if let retryAfterSeconds { writer.member("retryAfterSeconds", retryAfterSeconds) }
    writer.endObject()
    var headers = [("Content-Type", "application/problem+json")] + commonHeaders
    if let retryAfterSeconds { headers.append(("Retry-After", String(retryAfterSeconds))) }
    if code == .unauthorized { headers.append(("WWW-Authenticate", "Bearer")) }
    if isReplay { headers.append(idempotentReplayed) }
    var response = Response(status: code.status, headers: headers, body: writer.finish())
    response.isHeld = code == .rateLimited
    return response
  }
}
