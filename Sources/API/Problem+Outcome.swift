import Tokens

extension Problem {
  /// A deduction that was decided against; nil for a success.
  init?(_ answer: DeductionAnswer, of deduction: Deduction) {
    let refused = answer.settlement
    switch answer.outcome {
    case .success: return nil
    case .insufficientTokens:
      self.init(
        .insufficientTokens, "Insufficient tokens. Need \(refused?.cost ?? 0), have \(refused?.available ?? 0)")
    case .notOnPlan:
      self.init(.notOnPlan, answer.planTitle.map { "Not available on \($0) plan" } ?? "Not available without a plan")
    default:
      guard let problem = Problem(undecided: answer.outcome, spender: deduction.spender) else { return nil }
      self = problem
    }
    isReplay = answer.isReplay
    guard let refused, answer.outcome == .insufficientTokens || answer.outcome == .notOnPlan else { return }
    refusal = RefusalDetails(
      featureUsed: deduction.feature, tokenType: refused.tokenType, requiredTokens: refused.cost,
      availableTokens: refused.available, balance: refused.balanceAfter, transactionID: refused.transactionID)
  }

  /// An outcome that was clear before any tokens were counted; nil for the others.
  init?(undecided outcome: Outcome, spender: Spender) {
    switch outcome {
    case .success, .insufficientTokens, .notOnPlan: return nil
    case .organizationSuspended: self.init(.organizationSuspended, "Organization is suspended")
    case .forbidden: self = .forbidden
    case .unknownOrganization: self = spender.needsMembership ? .forbidden : .notFound
    case .unknownFeature: self.init(.unknownFeature, "Unknown feature")
    case .amountOutOfRange: self.init(.amountOutOfRange, "Units and cost are between 1 and 10^15 tokens.")
    case .idempotencyKeyReused:
      self.init(.idempotencyKeyReused, "This idempotency key was used for another request.")
    case .batchRefused: self.init(.batchRefused, "Another item of the batch was not granted.")
    default: self = .internalError
    }
  }

  /// A request that got no decision.
  init(_ failure: ServiceFailure) {
    switch failure {
    case .overloaded: self.init(.overloaded, "Too many requests are waiting. Try again.", retryAfterSeconds: 1)
    case .databaseUnavailable:
      self.init(.unavailable, "The database cannot be reached. Try again.", retryAfterSeconds: 2)
    case .outcomeUnknown:
      self.init(
        .outcomeUnknown,
        "The database was lost before it answered. Try again with the same Idempotency-Key to learn what happened.",
        retryAfterSeconds: 2)
    case .defect: self = .internalError
    }
    cause = failure
  }
}
