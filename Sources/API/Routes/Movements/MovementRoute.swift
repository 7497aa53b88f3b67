import HTTP
import JSON
import Settlement
import Tokens

/// A POST that moves or holds tokens: who asks, what for, whose tokens, and what PostgreSQL decided.
struct MovementRoute<Asked: MovementRequest>: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let asked = try Asked(request)
    // What members do is in the ledger under their names.
    let actor = Asked.requirement == .admin ? request.actor(caller) : nil
    scopes.resolve(caller, organizationID: asked.origin.organizationID, userID: asked.origin.userID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): move(asked, scope, actor, reply)
      }
    }
  }

  private func move(_ asked: Asked, _ scope: Scope, _ actor: Actor?, _ reply: Reply) {
    let movement = Movement(
      organizationID: scope.organizationID, spender: scope.spender, operation: asked.operation,
      idempotencyKey: asked.origin.idempotencyKey, eventID: asked.origin.eventID, metadata: asked.origin.metadata,
      transactionID: context.newTransactionID(), actor: actor)
    context.settlement.move(movement) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let answer): self.answer(answer, asked, movement, scope, reply)
      }
    }
  }

  private func answer(
    _ answer: MovementAnswer, _ asked: Asked, _ movement: Movement, _ scope: Scope, _ reply: Reply
  ) {
    if answer.outcome == .forbidden {
      reply.fail(scopes.problemOfStranger(to: scope))
    } else if let problem = Problem(answer, of: movement) {
      reply.fail(problem)
    } else if let numbers = answer.settlement,
      let response = asked.response(
        SettledMovement(
          movement: movement, numbers: numbers, details: answer.details ?? SettlementDetails(),
          isReplay: answer.isReplay))
    {
      reply.send(response)
    } else {
      reply.fail(.defect(cause: "a success without its numbers"))
    }
  }
}
