internal import Fetching
internal import JSON

/// What Tollgate answers instead of what was asked for (RFC 9457).
public struct Problem: Sendable, Equatable {
  /// The HTTP status.
  public let status: Int
  /// The stable name, as `reservation_closed`; `http_502` and the like where somebody else answered, a proxy for example.
  public let code: String
  /// One sentence for people.
  public let detail: String
  /// Under which the server's log has it.
  public let requestID: String?
  /// Whole seconds after which trying again makes sense.
  public let retryAfterSeconds: Int?
}

/// A refusal with its figures, which is in the ledger. Tokens throughout.
public struct Refusal: Sendable, Equatable {
  public let problem: Problem
  /// Nil where tokens were asked for by their type.
  public let featureUsed: String?
  public let tokenType: String
  public let requiredTokens: Int
  public let availableTokens: Int
  /// What is missing, 0 or more.
  public let deficit: Int
  /// Including what is held by reservations.
  public let balance: Int
  /// The refusal's row in the ledger.
  public let transactionID: TransactionID
  /// What bound: `balance`, `critical_threshold` or a limit's name.
  public let limit: String?

  /// Whole seconds after which trying again makes sense; nil where waiting does not help.
  public var retryAfterSeconds: Int? { problem.retryAfterSeconds }
}

extension TollgateError {
  /// What an answer with a status from 300 on means.
  init(_ response: FetchedResponse) {
    let members = ((try? parseJSON(response.body)) ?? .null).object
    let problem = Problem(response, members)
    let refusal = members.flatMap { Refusal(problem, $0) }
    switch (response.status, problem.code, refusal) {
    case (402, _, let refusal?): self = .insufficientTokens(refusal)
    case (403, "not_on_plan", let refusal?): self = .notOnPlan(refusal)
    case (403, "organization_suspended", _): self = .organizationSuspended(problem)
    case (429, "refilling", let refusal?): self = .refilling(refusal)
    case (429, "limit_reached", let refusal?): self = .limitReached(refusal)
    case (429, _, _): self = .rateLimited(problem)
    case (401, _, _), (403, _, _): self = .forbidden(problem)
    case (404, _, _): self = .notFound(problem)
    case (409, _, _): self = .conflict(problem)
    case (500..., _, _): self = .unavailable(problem)
    default: self = .rejected(problem)
    }
  }
}

extension Problem {
  fileprivate init(_ response: FetchedResponse, _ members: JSONObject?) {
    status = response.status
    code = members?["code"]?.text ?? "http_\(response.status)"
    detail = members?["detail"]?.text ?? "The answer has status \(response.status) and no problem in it."
    requestID = members?["requestId"]?.text ?? response["X-Request-Id"]
    // Proxies have the field alone; one with a date is left aside.
    retryAfterSeconds = members?["retryAfterSeconds"]?.number ?? response["Retry-After"].flatMap { Int($0) }
  }
}

extension Refusal {
  fileprivate init?(_ problem: Problem, _ members: JSONObject) {
    guard let tokenType = members["tokenType"]?.text, let required = members["requiredTokens"]?.number,
      let available = members["availableTokens"]?.number, let deficit = members["deficit"]?.number,
      let balance = members["balance"]?.number, let transactionID = members["transactionId"]?.text
    else { return nil }
    self.problem = problem
    featureUsed = members["featureUsed"]?.text
    self.tokenType = tokenType
    requiredTokens = required
    availableTokens = available
    self.deficit = deficit
    self.balance = balance
    self.transactionID = TransactionID(transactionID)
    limit = members["limit"]?.text
  }
}

extension JSONValue {
  fileprivate var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
  fileprivate var number: Int? { if case .integer(let number) = self { Int(number) } else { nil } }
}
