import HTTP
import JSON
import Settlement
import Tokens

/// `POST /api/v1/tokens/deduct`: spends units × the feature's price, or refuses.
struct DeductRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, _ responder: Responder) {
    let reply = Reply(requestID: request.id, responder: responder, errorMember: .code, log: context.log)
    reply.attempt { () throws(Problem) in
      let caller = try context.authenticator.caller(of: request)
      let asked = try DeductRequest(request)
      scopes.resolve(caller, organizationID: asked.organizationID, userID: asked.userID) { scope in
        switch scope {
        case .failure(let problem): reply.fail(problem)
        case .success(let scope): deduct(asked, scope, reply)
        }
      }
    }
  }

  private func deduct(_ asked: DeductRequest, _ scope: Scope, _ reply: Reply) {
    let deduction = Deduction(
      organizationID: scope.organizationID, spender: scope.spender, feature: asked.feature, units: asked.units,
      idempotencyKey: asked.idempotencyKey, eventID: asked.eventID, metadata: asked.metadata,
      transactionID: .timeOrdered(milliseconds: UInt64(clamping: context.clock.milliseconds)))
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
        writer.member("transactionId", settled.transactionID.description)
        writer.member("status", "success")
        writer.member("organizationId", deduction.organizationID.description)
        writer.member("userId", deduction.spender.userID?.description)
        writer.member("tokenType", settled.tokenType)
        writer.member("featureUsed", deduction.feature)
        writer.member("units", deduction.units)
        writer.member("cost", settled.cost)
        writer.member("balanceBefore", settled.balanceBefore)
        writer.member("balanceAfter", settled.balanceAfter)
        writer.member("state", settled.state.rawValue)
        writer.member("createdAt", Timestamp.text(settled.createdAtMicroseconds))
      })
  }
}
