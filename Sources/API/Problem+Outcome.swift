import Tokens

extension Problem {
  /// A deduction that was decided against; nil for a success.
  init?(_ answer: DeductionAnswer, of deduction: Deduction) {
    self.init(answer, feature: deduction.feature, spender: deduction.spender)
  }

  /// A movement that was decided against; nil for a success.
  init?(_ answer: MovementAnswer, of movement: Movement) {
    let feature: String? =
      switch movement.operation {
      case .deduct(let feature, _), .reserve(.feature(let feature, _, _), _): feature
      default: nil
      }
    self.init(answer, feature: feature, spender: movement.spender)
    if case .adjust = movement.operation, answer.outcome == .amountOutOfRange, let found = answer.settlement {
      detail = """
        \(found.available) tokens are available. An adjustment is not 0, takes at most those and the overdraft, and \
        leaves at most 10^18.
        """
    }
  }

  private init?(_ answer: DeductionAnswer, feature: String?, spender: Spender) {
    if let problem = Problem(undecided: answer.outcome, spender: spender) {
      self = problem
      isReplay = answer.isReplay
      return
    }
    let refused = answer.settlement
    let numbers = "Need \(refused?.cost ?? 0), have \(refused?.available ?? 0)"
    switch answer.outcome {
    case .insufficientTokens: self.init(.insufficientTokens, "Insufficient tokens. \(numbers)")
    case .criticalBalance:
      self.init(.criticalBalance, "The balance is critical, and nothing is spent until it recovers. \(numbers)")
    case .refilling: self.init(.refilling, "Insufficient tokens for the moment. \(numbers)")
    case .limitReached: self.init(.limitReached, "A limit is reached: \(answer.details?.limit ?? "unnamed")")
    case .notOnPlan:
      self.init(.notOnPlan, answer.planTitle.map { "Not available on \($0) plan" } ?? "Not available without a plan")
    default: return nil
    }
    isReplay = answer.isReplay
    // A header field of 0 seconds would say "at once".
    retryAfterSeconds = answer.details?.retryAfterSeconds.map { Int(max(1, $0)) }
    guard let refused else { return }
    refusal = RefusalDetails(
      featureUsed: feature, tokenType: refused.tokenType, requiredTokens: refused.cost,
      availableTokens: refused.available, balance: refused.balanceAfter, transactionID: refused.transactionID,
      limit: answer.details?.limit)
  }

  /// An outcome that says it all, whatever the numbers; nil for a success, and for what was refused by numbers.
  init?(undecided outcome: Outcome, spender: Spender) {
    switch outcome {
    case .success, .insufficientTokens, .criticalBalance, .notOnPlan, .refilling, .limitReached: return nil
    case .organizationSuspended: self.init(.organizationSuspended, "Organization is suspended")
    case .forbidden, .notPermitted: self = .forbidden
    case .unknownOrganization: self = spender.needsMembership ? .forbidden : .notFound
    // Another tenant's id looks like an unknown one.
    case .unknownTransaction, .unknownReservation: self = .notFound
    case .unknownFeature: self.init(.unknownFeature, "Unknown feature")
    case .unknownTokenType: self.init(.unknownTokenType, "Unknown token type")
    case .invalidUnits: self.init(.invalidUnits, "The units do not fit the feature's price.")
    case .amountOutOfRange:
      self.init(.amountOutOfRange, "Amounts are between 1 and 10^15 tokens, and balances stay within their bounds.")
    case .idempotencyKeyReused:
      self.init(.idempotencyKeyReused, "This idempotency key was used for another request.")
    case .batchRefused: self = .batchRefused
    case .alreadyRefunded: self.init(.alreadyRefunded, "Nothing is left of the charge.")
    case .refundExceedsCharge: self.init(.refundExceedsCharge, "The amount is more than is left of the charge.")
    case .reservationClosed: self.init(.reservationClosed, "The reservation is captured, released or expired.")
    case .paymentConflict: self.init(.paymentConflict, "This payment was told before, with another content.")
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
