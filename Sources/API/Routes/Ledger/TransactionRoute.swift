import Accounts
import HTTP
import JSON
import Tokens

/// `GET /api/v1/tokens/transactions/{id}?organizationId`: one movement or refusal, explained.
struct TransactionRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    // What is no id is the id of nothing.
    guard let id = request.parameters["id"].flatMap(TransactionID.init) else { throw .notFound }
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): answer(id, scope, reply)
      }
    }
  }

  private func answer(_ id: TransactionID, _ scope: Scope, _ reply: Reply) {
    context.accounts(of: scope).transaction(id, of: scope.organizationID, for: scope.spender) { result in
      reply.attempt { () throws(Problem) in
        let report = try result.mapError(Problem.init).get()
        try scopes.requireReadable(report.outcome, scope)
        guard let transaction = report.transaction else { throw .notFound }
        reply.send(.json { transaction.write(to: &$0) })
      }
    }
  }
}

extension ExplainedTransaction {
  fileprivate func write(to writer: inout JSONWriter) {
    entry.write(to: &writer)
    writer.member("price", json: price)
    writer.member("limits", json: limits ?? "[]")
    writer.member("boundBy", boundBy)
    writer.member("retryAfterSeconds", retryAfterSeconds)
    writer.member("packs", json: packs ?? "[]")
    writer.member("refunds", json: refunds ?? "[]")
    writer.member("refundedTotal", refundedTotal ?? 0)
    writer.member("reservation", json: reservation)
  }
}
