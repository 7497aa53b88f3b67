import Accounts
import HTTP
import JSON
import Tokens

/// Reports on balances: what became of them, when they run out, and how all organizations stand.
struct BalanceReportRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver
  let cursors: PageCursors

  /// `GET /api/v1/tokens/forecast?organizationId`.
  func forecast(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in
        let scope = try scope.get()
        context.accounts(of: scope).forecast(of: scope.organizationID, for: scope.spender) { result in
          reply.attempt { () throws(Problem) in
            switch try result.mapError(Problem.init).get() {
            case .failure(let unreadable): try scopes.requireReadable(unreadable.outcome, scope)
            case .success(let forecasts): reply.send(Self.list(forecasts) { $0.write(to: &$1) })
            }
          }
        }
      }
    }
  }

  /// `GET /api/v1/tokens/history?organizationId&tokenType&from&to`, oldest first.
  func history(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "tokenType", "from", "to"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let tokenType = try request.queryText("tokenType")
    let (from, to) = (try request.queryTime("from"), try request.queryTime("to"))
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in
        let scope = try scope.get()
        context.accounts(of: scope).history(
          tokenType, fromMicroseconds: from, toMicroseconds: to, of: scope.organizationID, for: scope.spender
        ) { result in
          reply.attempt { () throws(Problem) in
            switch try result.mapError(Problem.init).get() {
            case .refused(let outcome): try scopes.requireReadable(outcome, scope)
            case .spanOutOfBounds: throw .spanOutOfBounds
            case .report(_, let history): reply.send(Self.answer(history))
            }
          }
        }
      }
    }
  }

  /// `GET /api/v1/admin/forecast?withinDays&limit&cursor`: balances that run out, soonest first.
  func ending(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["withinDays", "limit", "cursor"])
    let days = try request.queryInteger("withinDays", in: 1...3650) ?? 30
    let limit = try request.pageLimit()
    let list = JSONValue.array([.string("forecast"), .integer(days)]).encoded()
    // The order changes while people look, so that a page begins behind so many rows and not behind one of them.
    var behind: Int64 = 0
    if let cursor = try request.queryText("cursor") {
      behind = Int64(truncatingIfNeeded: try cursors.row(of: cursor, in: list).bits)
    }
    let (count, size) = (behind, limit)
    context.accounts.endingBalances(withinDays: days, behind: count, limit: size + 1) { result in
      reply.attempt { () throws(Problem) in
        let found = try result.mapError(Problem.init).get()
        var nextCursor: String?
        if found.count > size {
          nextCursor = try cursors.cursor(behind: TransactionID(bits: UInt128(count + Int64(size))), of: list)
        }
        reply.send(
          Self.list(Array(found.prefix(size))) {
            $0.write(to: &$1)
          } more: {
            $0.member("nextCursor", nextCursor)
          })
      }
    }
  }

  /// `GET /api/v1/admin/overview`: all organizations on one page.
  func overview(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.overview { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let text): reply.send(.json(text: text))
      }
    }
  }

  private static func answer(_ history: BalanceHistory) -> Response {
    list(history.days) {
      $0.write(to: &$1)
    } more: { writer in
      writer.name("balancesBefore")
      writer.beginArray()
      for before in history.balancesBefore {
        writer.beginObject()
        writer.member("tokenType", before.tokenType)
        writer.member("balance", before.balance)
        writer.endObject()
      }
      writer.endArray()
    }
  }

  private static func list<Element>(
    _ elements: [Element], _ write: (Element, inout JSONWriter) -> Void,
    more: (inout JSONWriter) -> Void = { _ in }
  ) -> Response {
    .json { writer in
      writer.name("data")
      writer.beginArray()
      for element in elements {
        writer.beginObject()
        write(element, &writer)
        writer.endObject()
      }
      writer.endArray()
      more(&writer)
    }
  }
}

extension Problem {
  /// What a report is told whose time is none, or too long.
  static let spanOutOfBounds = Problem(.invalidRequest, "from is before to, and at most 400 days before it.")
}
