import Accounts
import HTTP
import JSON
import Tokens

/// `/api/token-usage` and `/api/attributes`: an organization's content and how much of its budget that takes.
struct ContentRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver
  let cursors: PageCursors

  /// `GET /api/token-usage?organizationId`.
  func usage(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    resolve(caller, try request.queryIdentifier("organizationId", of: Organization.self), reply) { scope in
      context.accounts(of: scope).contentUsage(in: scope.ofContent) { result in
        answer(result, scope, reply) { usage in .json { usage.write(to: &$0) } }
      }
    }
  }

  /// `PUT /api/attributes/{id}`: makes an attribute or replaces it.
  func save(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: ContentAttributeID = try request.pathIdentifier()
    let asked = try ContentRequest(request)
    resolve(caller, asked.organizationID, reply) { scope in
      context.accounts(of: scope).save(asked.draft, as: id, in: scope.ofContent, isDryRun: false) { result in
        answer(result, scope, reply) { $0.response(about: id) }
      }
    }
  }

  /// `POST /api/attributes/{id}/validate-budget`: what would come of the same PUT. Changes nothing.
  func validate(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: ContentAttributeID = try request.pathIdentifier()
    let asked = try ContentRequest(request)
    resolve(caller, asked.organizationID, reply) { scope in
      context.accounts(of: scope).save(asked.draft, as: id, in: scope.ofContent, isDryRun: true) { result in
        // What does not fit is an answer here, and no problem.
        if case .success(.failure(.budgetExceeded(let decision))) = result {
          reply.send(decision.response)
        } else {
          answer(result, scope, reply, \.response)
        }
      }
    }
  }

  /// `DELETE /api/attributes/{id}?organizationId`.
  func delete(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let id: ContentAttributeID = try request.pathIdentifier()
    resolve(caller, try request.queryIdentifier("organizationId", of: Organization.self), reply) { scope in
      context.accounts(of: scope).delete(id, in: scope.ofContent) { result in
        answer(result, scope, reply) { $0.response(about: id) }
      }
    }
  }

  /// `POST /api/attributes/activate`: all of them or none.
  func activate(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let asked = try ActivationRequest(request)
    resolve(caller, asked.organizationID, reply) { scope in
      context.accounts(of: scope).activate(asked.ids, in: scope.ofContent, under: asked.idempotencyKey) { result in
        answer(result, scope, reply, \.response)
      }
    }
  }

  /// `POST /api/attributes/{id}/uses`: counts a use, for what is deactivated first.
  func recordUse(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: ContentAttributeID = try request.pathIdentifier()
    let key = try request.idempotencyKey()
    var body = try RequestBody.optionalObject(of: request)
    let organizationID: OrganizationID?
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      try body.finish()
    } catch {
      throw Problem(error)
    }
    resolve(caller, organizationID, reply) { scope in
      context.accounts(of: scope).recordUse(of: id, in: scope.ofContent, under: key) { result in
        answer(result, scope, reply) { counted in
          .json(isReplay: counted.isReplay) { writer in
            writer.member("id", id)
            writer.member("uses", counted.uses)
            writer.member("lastUsedAt", timestamp: counted.lastUsedAtMicroseconds)
          }
        }
      }
    }
  }

  /// `GET /api/attributes?organizationId&limit&cursor`, newest first.
  func list(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let limit = try request.pageLimit()
    let cursor = try request.queryText("cursor")
    resolve(caller, organizationID, reply) { scope in
      reply.attempt { () throws(Problem) in
        let list = JSONValue.array([.string("attributes"), .string(scope.organizationID.description)]).encoded()
        let before: Int64? =
          if let cursor { Int64(truncatingIfNeeded: try cursors.row(of: cursor, in: list).bits) } else { nil }
        context.accounts(of: scope).attributes(before: before, limit: limit, in: scope.ofContent) { result in
          reply.attempt { () throws(Problem) in
            let page = try value(of: result, scope)
            var nextCursor: String?
            if page.hasNext, let last = page.attributes.last {
              nextCursor = try cursors.cursor(behind: TransactionID(bits: UInt128(last.number.magnitude)), of: list)
            }
            reply.send(.list(page.attributes, nextCursor: nextCursor) { $0.write(to: &$1) })
          }
        }
      }
    }
  }

  private func resolve(
    _ caller: Caller, _ organizationID: OrganizationID?, _ reply: Reply, _ body: @escaping @Sendable (Scope) -> Void
  ) {
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): body(scope)
      }
    }
  }

  private func answer<Value>(
    _ result: Result<Accounts.OfContent<Value>, ServiceFailure>, _ scope: Scope, _ reply: Reply,
    _ success: (Value) -> Response
  ) {
    reply.attempt { () throws(Problem) in reply.send(success(try value(of: result, scope))) }
  }

  private func value<Value>(
    of result: Result<Accounts.OfContent<Value>, ServiceFailure>, _ scope: Scope
  ) throws(Problem) -> Value {
    switch result {
    case .failure(let failure): throw Problem(failure)
    case .success(.failure(.forbidden)): throw scopes.problemOfStranger(to: scope)
    case .success(.failure(let refusal)): throw Problem(refusal, spender: scope.spender)
    case .success(.success(let value)): return value
    }
  }
}

extension Scope {
  fileprivate var ofContent: ContentScope { ContentScope(organizationID: organizationID, spender: spender) }
}
