/// Why a call did not do what it was asked. What to do about it is in the case, not in a text.
public enum TollgateError: Error, Sendable, Equatable {
  /// 402: too few tokens, or a critical balance, and only paying helps.
  case insufficientTokens(Refusal)
  /// 403: the organization's plan does not have this feature.
  case notOnPlan(Refusal)
  /// 429: a bucket that will have enough after `retryAfterSeconds`.
  case refilling(Refusal)
  /// 429: a quota or another limit. Where waiting helps, `retryAfterSeconds` says how long.
  case limitReached(Refusal)
  /// 429: too many requests, whatever they ask for.
  case rateLimited(Problem)
  /// 403: nothing is spent until the organization has paid.
  case organizationSuspended(Problem)
  /// 401, or 403 for another reason: the credential does not permit this.
  case forbidden(Problem)
  /// 404: there is no such thing, or it is another tenant's.
  case notFound(Problem)
  /// 409: too late, as for a reservation that is captured, released or expired.
  case conflict(Problem)
  /// Any other 4xx: the request itself is wrong. Sending it again does not help.
  case rejected(Problem)
  /// 5xx, also after trying again. Whether the request had an effect is known only where the same Idempotency-Key is
  /// sent again.
  case unavailable(Problem)
  /// Nobody answered, also after trying again. The same holds.
  case notReached(reason: String)
  /// The URL, a name or a credential cannot be sent. Nothing was.
  case invalidRequest(reason: String)
  /// The answer is not one of Tollgate's.
  case unreadableAnswer(reason: String)
  /// The task was cancelled before an answer came. Whether the request had an effect is not known.
  case cancelled

  /// The figures of a recorded refusal; nil for everything else.
  public var refusal: Refusal? {
    switch self {
    case .insufficientTokens(let refusal), .notOnPlan(let refusal), .refilling(let refusal), .limitReached(let refusal):
      refusal
    default: nil
    }
  }

  /// What Tollgate said; nil when it said nothing.
  public var problem: Problem? {
    switch self {
    case .rateLimited(let problem), .organizationSuspended(let problem), .forbidden(let problem),
      .notFound(let problem), .conflict(let problem), .rejected(let problem), .unavailable(let problem):
      problem
    default: refusal?.problem
    }
  }

  /// Whole seconds after which trying again makes sense; nil where waiting does not help or nobody knows.
  public var retryAfterSeconds: Int? { problem?.retryAfterSeconds }

  /// Whether Tollgate is away, and not the request wrong.
  var isOutage: Bool {
    switch self {
    case .unavailable(let problem): [502, 503, 504].contains(problem.status)
    case .notReached: true
    default: false
    }
  }
}

extension TollgateError: CustomStringConvertible {
  /// One sentence, without the credential.
  public var description: String {
    switch self {
    case .notReached(let reason), .invalidRequest(let reason), .unreadableAnswer(let reason): reason
    case .cancelled: "It was cancelled."
    default: problem.map { "\($0.status) \($0.code): \($0.detail)" } ?? "Refused."
    }
  }
}
