import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/alerts`: rules that balances are held against.
struct AlertRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  /// `POST /api/v1/admin/alerts`.
  func create(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let key = try request.idempotencyKey()
    let rule = try AlertRule(request)
    context.accounts.acting(as: request.actor(caller)).add(rule, under: key) {
      answer($0, reply) { (creation: Creation<MadeAlert>) throws(Problem) in
        switch creation {
        case .keyReused: throw .keyReused
        case .made(let made): .json(status: 201, isReplay: made.isReplay) { made.details.write(to: &$0) }
        }
      }
    }
  }

  /// `PUT /api/v1/admin/alerts/{id}`.
  func replace(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: AlertID = try request.pathIdentifier()
    let rule = try AlertRule(request)
    context.accounts.acting(as: request.actor(caller)).set(id, to: rule) {
      answer($0, reply) { details in .json { details.write(to: &$0) } }
    }
  }

  /// `GET /api/v1/admin/alerts/{id}`.
  func read(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.alert(try request.pathIdentifier()) {
      answer($0, reply) { details in .json { details.write(to: &$0) } }
    }
  }

  /// `DELETE /api/v1/admin/alerts/{id}`.
  func delete(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: AlertID = try request.pathIdentifier()
    context.accounts.acting(as: request.actor(caller)).delete(id) {
      (result: Result<Accounts.Administered<Void>, ServiceFailure>) in
      answer(result, reply) { () in .json { $0.member("alertId", id) } }
    }
  }

  /// `GET /api/v1/admin/alerts?organizationId&limit&cursor`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let page = try ListPage(request, cursors, "rules", [organizationID?.description])
    context.accounts.alerts(
      of: organizationID, before: page.before.map { AlertID(bits: $0.bits) }, limit: page.rowLimit
    ) { result in
      reply.attempt { () throws(Problem) in
        let rules = try result.mapError(Problem.init).get()
        reply.send(try page.response(rules, id: { $0.id }) { $0.write(to: &$1) })
      }
    }
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply,
    _ success: (Value) throws(Problem) -> Response
  ) {
    reply.attempt { () throws(Problem) in
      switch try result.mapError({ Problem($0) }).get() {
      case .failure(.notFound): throw .notFound
      case .failure(.conflict): throw Problem(.tooManyReceivers, "There are 100 rules already: delete one first.")
      case .failure(.invalidArgument): throw Problem(.unknownTokenType, "There is no such token type.")
      case .success(let value): reply.send(try success(value))
      }
    }
  }
}
