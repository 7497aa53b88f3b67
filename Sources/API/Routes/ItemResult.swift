import JSON
import Tokens

/// What became of one item of a batch.
enum ItemResult: Sendable {
  case granted(SettledDeduction, Deduction, isReplay: Bool)
  /// Not enough tokens, or not at the moment.
  case refused(Problem)
  /// It could not have been granted whatever the balance.
  case invalid(Problem)
  /// PostgreSQL gave no answer.
  case undecided(ServiceFailure)

  init(_ answer: DeductionAnswer, _ deduction: Deduction) {
    if let problem = Problem(answer, of: deduction) {
      switch answer.outcome {
      case .insufficientTokens, .criticalBalance, .notOnPlan, .organizationSuspended, .refilling, .limitReached,
        .batchRefused:
        self = .refused(problem)
      // Another tenant's id in a body looks like an unknown one.
      case .forbidden: self = .invalid(.notFound)
      default: self = .invalid(problem)
      }
    } else if let settled = answer.settlement {
      self = .granted(settled, deduction, isReplay: answer.isReplay)
    } else {
      self = .undecided(.defect(cause: "a success without numbers"))
    }
  }

  /// An item of an atomic batch that is not asked for because another one, or itself, cannot be.
  init(_ asked: Result<Deduction, Problem>) {
    switch asked {
    case .success: self = .refused(.batchRefused)
    case .failure(let problem): self = .invalid(problem)
    }
  }

  var failure: ServiceFailure? {
    if case .undecided(let failure) = self { failure } else { nil }
  }

  var problem: Problem? {
    switch self {
    case .refused(let problem), .invalid(let problem): problem
    case .granted, .undecided: nil
    }
  }

  /// Whether this was answered before, under the same key.
  var isReplay: Bool {
    switch self {
    case .granted(_, _, let isReplay): isReplay
    case .refused(let problem): problem.isReplay
    case .invalid, .undecided: false
    }
  }

  /// The member `results`: an object an item, in the order sent.
  static func encode(_ results: [ItemResult], _ keys: [IdempotencyKey]) -> [UInt8] {
    var writer = JSONWriter(reserving: 400 * results.count)
    writer.beginArray()
    for (result, key) in zip(results, keys) {
      writer.beginObject()
      writer.member("idempotencyKey", key.value)
      result.write(to: &writer)
      writer.endObject()
    }
    writer.endArray()
    return writer.finish()
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .granted(let settled, let deduction, _):
      settled.write(of: deduction, to: &writer)
    case .refused(let problem):
      writer.member("status", "refused")
      writer.member("code", problem.code.rawValue)
      writer.member("detail", problem.detail)
      problem.refusal?.write(to: &writer)
      if let retryAfterSeconds = problem.retryAfterSeconds { writer.member("retryAfterSeconds", retryAfterSeconds) }
    case .invalid(let problem):
      writer.member("status", "invalid")
      writer.member("code", problem.code.rawValue)
      writer.member("detail", problem.detail)
    case .undecided:
      writer.member("status", "undecided")
    }
  }
}
