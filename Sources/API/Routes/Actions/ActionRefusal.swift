import Settlement
import Tokens

/// Why an action may not be performed now, in numbers and words.
struct ActionRefusal: Sendable {
  /// The code that settling it would answer.
  var code: ProblemCode
  var tokenType: String
  /// Tokens it costs, tokens there are, and those of them that can be spent.
  var required: Int64
  var balance: Int64
  var available: Int64
  var limit: String?
  var retryAfterSeconds: Int?
  /// What is said where it is not the tokens that are missing.
  private var otherReason: String

  /// Nil where the check found nothing against it, or did not come to the numbers.
  init?(_ check: BalanceCheck) {
    guard let tokenType = check.tokenType, let required = check.required, let balance = check.balance,
      let available = check.available
    else { return nil }
    switch check.outcome {
    case .insufficientTokens: (code, otherReason) = (.insufficientTokens, "Insufficient tokens")
    case .refilling: (code, otherReason) = (.refilling, "Insufficient tokens for the moment")
    case .criticalBalance: (code, otherReason) = (.criticalBalance, "The balance is critical")
    case .limitReached: (code, otherReason) = (.limitReached, "A limit is reached: \(check.limit ?? "unnamed")")
    case .notOnPlan: (code, otherReason) = (.notOnPlan, "Not available on this plan")
    case .organizationSuspended: (code, otherReason) = (.organizationSuspended, "Organization is suspended")
    default: return nil
    }
    self.tokenType = tokenType
    self.required = required
    self.balance = balance
    self.available = available
    limit = check.limit
    // A header field of 0 seconds would say "at once".
    retryAfterSeconds = check.retryAfterSeconds.map { Int(clamping: max(1, $0)) }
  }

  /// Nil for a problem that is no refusal to spend.
  init?(_ problem: Problem) {
    guard let refused = problem.refusal else { return nil }
    code = problem.code
    otherReason = problem.detail
    tokenType = refused.tokenType
    required = refused.requiredTokens
    balance = refused.balance
    available = refused.availableTokens
    limit = refused.limit
    retryAfterSeconds = problem.retryAfterSeconds
  }

  /// Tokens that are missing; 0 where something else stands in the way.
  var deficit: Int64 { max(0, required.subtractingReportingOverflow(available).partialValue) }

  /// As batch jobs show it that end as SKIPPED_NO_TOKENS.
  var reason: String { isShort ? "Insufficient tokens: \(available)/\(required) available" : otherReason }

  /// As a guard says it.
  var message: String { isShort ? "Insufficient tokens: \(available) available, \(required) required" : otherReason }

  private var isShort: Bool {
    switch code {
    case .insufficientTokens, .refilling, .criticalBalance: available < required
    default: false
    }
  }
}
