import HTTP
import JSON
import Settlement
import Tokens

/// `/api/v1/guard/{name}`: asked by a proxy before it lets a request through to what costs tokens.
///
/// 200 lets it through. A refusal has the body that clients of the guarded service know; what is no refusal (a token
/// that is not valid, an unknown action) is a problem as everywhere.
struct GuardRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  /// The methods that a proxy may ask with; GET answers HEAD too.
  static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let asked = try GuardRequest(request)
    if asked.mode == .charge { try caller.require(.spend) }
    scopes.resolve(caller, organizationID: asked.organizationID, userID: asked.userID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope):
        switch asked.mode {
        case .check: check(asked, scope, reply)
        case .charge: charge(asked, scope, reply)
        }
      }
    }
  }

  private func check(_ asked: GuardRequest, _ scope: Scope, _ reply: Reply) {
    let question = BalanceQuestion(
      organizationID: scope.organizationID, spender: scope.spender, feature: asked.action, units: asked.units)
    context.settlement.check(question) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let check):
        if check.outcome == .success, let balance = check.balance, let required = check.required {
          reply.send(.passing(balance: balance, required: required, isReplay: false))
        } else if let refusal = ActionRefusal(check) {
          refuse(refusal, check, asked, scope, reply)
        } else {
          reply.fail(Problem(unchecked: check, scope, scopes))
        }
      }
    }
  }

  /// Nothing was settled, so nothing has recorded the refusal yet.
  private func refuse(
    _ refusal: ActionRefusal, _ check: BalanceCheck, _ asked: GuardRequest, _ scope: Scope, _ reply: Reply
  ) {
    let id = context.newTransactionID()
    let record = CheckedRefusal(
      organizationID: scope.organizationID, spender: scope.spender, feature: asked.action, outcome: check.outcome,
      tokenType: refusal.tokenType, required: refusal.required, priceVersion: check.priceVersion,
      balance: refusal.balance, limit: refusal.limit, eventID: asked.requestID, transactionID: id)
    context.settlement.record(record) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success: reply.send(.refusing(refusal, id, asked, isReplay: false))
      }
    }
  }

  private func charge(_ asked: GuardRequest, _ scope: Scope, _ reply: Reply) {
    let deduction = Deduction(
      organizationID: scope.organizationID, spender: scope.spender, feature: asked.action, units: asked.units,
      idempotencyKey: asked.chargeKey, eventID: asked.idempotencyKey == nil ? asked.requestID : nil,
      transactionID: context.newTransactionID())
    context.settlement.deduct(deduction) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let answer): self.answer(answer, deduction, asked, scope, reply)
      }
    }
  }

  private func answer(
    _ answer: DeductionAnswer, _ deduction: Deduction, _ asked: GuardRequest, _ scope: Scope, _ reply: Reply
  ) {
    if let problem = Problem(answer, of: deduction) {
      if let refusal = ActionRefusal(problem), let id = problem.refusal?.transactionID {
        reply.send(.refusing(refusal, id, asked, isReplay: answer.isReplay))
      } else if answer.outcome == .unknownFeature {
        reply.fail(.unknownAction)
      } else {
        reply.fail(answer.outcome == .forbidden ? scopes.problemOfStranger(to: scope) : problem)
      }
    } else if let settled = answer.settlement {
      reply.send(.passing(balance: settled.balanceAfter, required: settled.cost, isReplay: answer.isReplay))
    } else {
      reply.fail(.internalError)
    }
  }
}
