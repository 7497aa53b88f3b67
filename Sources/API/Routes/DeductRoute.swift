import HTTP
import JSON
import Settlement
import Tokens

/// `POST /api/v1/tokens/deduct`: spends units × the feature's price, or refuses.
struct DeductRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let asked = try DeductRequest(request)
    scopes.resolve(caller, organizationID: asked.organizationID, userID: asked.userID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): deduct(asked, scope, reply)
      }
    }
  }

  private func deduct(_ asked: DeductRequest, _ scope: Scope, _ reply: Reply) {
    let deduction = asked.deduction(scope, context.newTransactionID())
    context.settlement.deduct(deduction) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let answer): self.answer(answer, deduction, scope, reply)
      }
    }
  }

  private func answer(_ answer: DeductionAnswer, _ deduction: Deduction, _ scope: Scope, _ reply: Reply) {
    if answer.outcome == .forbidden {
      reply.fail(scopes.problemOfStranger(to: scope))
      return
    }
    if let problem = Problem(answer, of: deduction) {
      reply.fail(problem)
      return
    }
    guard let settled = answer.settlement else {
      reply.fail(.internalError)
      return
    }
    reply.send(
      .json(isReplay: answer.isReplay) { writer in
        settled.write(of: deduction, to: &writer)
      })
  }
}
