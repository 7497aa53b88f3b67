import Accounts
import HTTP
import JSON
import Tokens

/// Alerts that were raised and have recovered: `/api/v1/alerts` for tenants, `/api/v1/admin/alert-events` for
/// administrators.
struct AlertEventRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver
  let cursors: PageCursors

  /// `GET /api/v1/alerts?organizationId&limit&cursor`.
  func own(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in
        let scope = try scope.get()
        let page = try ListPage(request, cursors, "own alerts", [scope.organizationID.description])
        context.accounts(of: scope).alertEvents(
          of: scope.organizationID, for: scope.spender, before: page.before.map { AlertEventID(bits: $0.bits) },
          limit: page.rowLimit
        ) { result in
          reply.attempt { () throws(Problem) in
            switch try result.mapError(Problem.init).get() {
            case .refused(let outcome):
              try scopes.requireReadable(outcome, scope)
              throw .internalError
            case .events(let events): reply.send(try page.response(events, id: { $0.id }) { $0.write(to: &$1) })
            }
          }
        }
      }
    }
  }

  /// `GET /api/v1/admin/alert-events?organizationId&alertId&state&limit&cursor`.
  func everywhere(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "alertId", "state", "limit", "cursor"])
    let filter = AlertEventFilter(
      organizationID: try request.queryIdentifier("organizationId", of: Organization.self),
      alertID: try request.queryIdentifier("alertId", of: AlertRule.self), state: try state(of: request))
    let page = try ListPage(
      request, cursors, "alerts",
      [filter.organizationID?.description, filter.alertID?.description, filter.state?.rawValue])
    context.accounts.alertEvents(
      filter, before: page.before.map { AlertEventID(bits: $0.bits) }, limit: page.rowLimit
    ) { result in
      reply.attempt { () throws(Problem) in
        let events = try result.mapError(Problem.init).get()
        reply.send(try page.response(events, id: { $0.id }) { $0.write(to: &$1) })
      }
    }
  }

  private func state(of request: Request) throws(Problem) -> AlertEvent.State? {
    guard let text = try request.queryText("state") else { return nil }
    guard let state = AlertEvent.State.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw Problem(.invalidRequest, "state is raised or recovered.")
    }
    return state
  }
}
