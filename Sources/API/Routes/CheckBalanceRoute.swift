import HTTP
import JSON
import Settlement
import Tokens

/// `POST /api/v1/tokens/check-balance`: the call that existing web apps make, to look and to spend.
///
/// It differs from `deduct` where those apps expect it to: `organizationId` is required, another organization is 403,
/// too few tokens are an answer and not an error, and members it does not know are ignored.
struct CheckBalanceRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (deduction, action) = try read(request, from: caller)
    switch action {
    case .check: check(deduction, reply)
    case .deduct:
      try caller.require(.spend)
      deduct(deduction, reply)
    }
  }

  private enum Action { case check, deduct }

  private func read(_ request: Request, from caller: Caller) throws(Problem) -> (Deduction, Action) {
    var body = try RequestBody.object(of: request)
    // A member of the wrong type names nothing, which is the same to these apps as naming none.
    guard let organization = text(body.optionalValue("organizationId")), !organization.isEmpty,
      let feature = text(body.optionalValue("featureUsed")), !feature.isEmpty
    else { throw Problem(.invalidRequest, "Missing organizationId or featureUsed") }
    let action = try action(body.optionalValue("action"))
    guard let organizationID = OrganizationID(organization) else {
      throw Problem(.invalidRequest, "organizationId is not a UUID")
    }
    let deduction = Deduction(
      organizationID: organizationID, spender: Spender(caller), feature: feature,
      idempotencyKey: try request.idempotencyKey(),
      transactionID: context.newTransactionID())
    return (deduction, action)
  }

  private func text(_ value: JSONValue?) -> String? {
    if case .string(let text) = value { text } else { nil }
  }

  private func action(_ value: JSONValue?) throws(Problem) -> Action {
    switch value {
    case nil, .null: return .check
    case .string(let name) where name.utf8.elementsEqual("check".utf8): return .check
    case .string(let name) where name.utf8.elementsEqual("deduct".utf8): return .deduct
    default: throw Problem(.invalidRequest, "Invalid action. Use \"check\" or \"deduct\"")
    }
  }

  private func check(_ deduction: Deduction, _ reply: Reply) {
    let question = BalanceQuestion(
      organizationID: deduction.organizationID, spender: deduction.spender, feature: deduction.feature)
    context.settlement.check(question) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let check):
        if check.outcome != .organizationSuspended,
          let problem = Problem(undecided: check.outcome, spender: deduction.spender)
        {
          reply.fail(problem)
        } else {
          reply.send(.json { $0.member("hasTokens", check.outcome == .success) })
        }
      }
    }
  }

  private func deduct(_ deduction: Deduction, _ reply: Reply) {
    context.settlement.deduct(deduction) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let answer): self.answer(answer, deduction, reply)
      }
    }
  }

  private func answer(_ answer: DeductionAnswer, _ deduction: Deduction, _ reply: Reply) {
    let problem = Problem(answer, of: deduction)
    let isShort = answer.outcome == .insufficientTokens || answer.outcome == .criticalBalance
    guard let settled = answer.settlement, problem == nil || isShort else {
      reply.fail(problem ?? .internalError)
      return
    }
    let message =
      isShort
      ? "Insufficient tokens. Need \(settled.cost), have \(settled.available)"
      : "Used \(settled.cost) tokens for \(deduction.feature)"
    reply.send(
      .json(isReplay: answer.isReplay) { writer in
        writer.member("success", problem == nil)
        writer.member("remainingBalance", settled.balanceAfter)
        writer.member("message", message)
        writer.member("transactionId", settled.transactionID)
        writer.member("tokenType", settled.tokenType)
        writer.member("cost", settled.cost)
        writer.member("state", settled.state.rawValue)
      })
  }
}
