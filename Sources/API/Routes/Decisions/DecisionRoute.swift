import Decisions
import HTTP
import JSON
import Tokens

/// `POST /api/v1/decisions/{cache}`: a value, a call to make, or the fallback.
struct DecisionRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let asked = try DecisionRequest(request)
    scopes.resolve(caller, organizationID: asked.organizationID, userID: asked.userID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): ask(asked, scope, reply)
      }
    }
  }

  private func ask(_ asked: DecisionRequest, _ scope: Scope, _ reply: Reply) {
    let question = asked.question(scope, LeaseID(bits: context.newTransactionID().bits))
    context.decisions.ask(question, isThere: reply.isClientThere) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.refused(let refusal)): reply.fail(scopes.problem(refusal, scope))
      case .success(.pending):
        reply.fail(
          Problem(.decisionPending, "Somebody else's call for this key is not back yet.", retryAfterSeconds: 1))
      case .success(.hit(let value)):
        reply.send(
          .json { writer in
            writer.member("outcome", "hit")
            writer.member("value", raw: Array(value.utf8))
          })
      case .success(.miss(let call)):
        reply.send(
          .json(isReplay: call.isReplay) { writer in
            writer.member("outcome", "miss")
            writer.member("leaseId", call.leaseID)
            writer.member("remaining", call.remaining)
            writer.member("leaseEndsAt", timestamp: call.leaseEndsAtMicroseconds)
          })
      case .success(.fallback(let value, let reason, let retryAfterSeconds)):
        reply.send(
          .json { writer in
            writer.member("outcome", "fallback")
            writer.member("value", raw: Array(value.utf8))
            writer.member("reason", reason)
            if let retryAfterSeconds { writer.member("retryAfterSeconds", retryAfterSeconds) }
          })
      }
    }
  }
}

extension ScopeResolver {
  /// What a decision cache refused.
  func problem(_ refusal: CacheRefusal, _ scope: Scope) -> Problem {
    switch refusal {
    case .forbidden: problemOfStranger(to: scope)
    case .notPermitted: .forbidden
    case .unknownOrganization: scope.spender.needsMembership ? .forbidden : .notFound
    case .unknownCache, .unknownLease: .notFound
    case .leaseOver: Problem(.leaseOver, "The lease has ended, was replaced, or brought another value.")
    case .invalidKey: .invalidDecisionKey
    case .idempotencyKeyReused:
      Problem(.idempotencyKeyReused, "This idempotency key was used for another request.")
    case .invalidUnits: Problem(.invalidUnits, "What the cache's calls are charged as is priced by dimensions.")
    }
  }
}

extension Problem {
  static let invalidDecisionKey = Problem(
    .invalidDecisionKey,
    "A key has exactly the cache's members: strings, integers, true, false or null, 8 KiB together.")
}
