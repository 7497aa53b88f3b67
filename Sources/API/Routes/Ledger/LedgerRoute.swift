import Accounts
import HTTP
import JSON
import Tokens

/// `GET /api/v1/tokens/ledger?organizationId&tokenType&kind&from&to&limit&cursor`: every movement and every refusal,
/// newest first.
struct LedgerRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver
  let cursors: PageCursors

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "tokenType", "kind", "from", "to", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let filter = LedgerFilter(
      tokenType: try request.queryText("tokenType"), kind: try kind(of: request),
      fromMicroseconds: try request.queryTime("from"), toMicroseconds: try request.queryTime("to"))
    let limit = try request.pageLimit()
    let cursor = try request.queryText("cursor")
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in
        let scope = try scope.get()
        let list = list(of: scope.organizationID, filter)
        let before: TransactionID? = if let cursor { try cursors.row(of: cursor, in: list) } else { nil }
        // One more than asked for tells whether there is another page.
        let reading = LedgerReading(
          organizationID: scope.organizationID, spender: scope.spender, filter: filter, before: before,
          limit: limit + 1)
        context.accounts(of: scope).ledger(reading) { result in
          reply.attempt { () throws(Problem) in
            let report = try result.mapError(Problem.init).get()
            try scopes.requireReadable(report.outcome, scope)
            reply.send(try page(report.entries, limit: limit, of: list))
          }
        }
      }
    }
  }

  private func kind(of request: Request) throws(Problem) -> LedgerKind? {
    guard let text = try request.queryText("kind") else { return nil }
    guard let kind = LedgerKind.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      let kinds = LedgerKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.invalidRequest, "kind is one of: \(kinds).")
    }
    return kind
  }

  /// What a cursor belongs to.
  private func list(of organizationID: OrganizationID, _ filter: LedgerFilter) -> [UInt8] {
    let parts: [JSONValue] = [
      .string("ledger"), .string(organizationID.description), filter.tokenType.map(JSONValue.string) ?? .null,
      (filter.kind?.rawValue).map(JSONValue.string) ?? .null,
      filter.fromMicroseconds.map(JSONValue.integer) ?? .null, filter.toMicroseconds.map(JSONValue.integer) ?? .null,
    ]
    return JSONValue.array(parts).encoded()
  }

  private func page(_ entries: [LedgerEntry], limit: Int, of list: [UInt8]) throws(Problem) -> Response {
    let shown = entries.prefix(limit)
    var nextCursor: String?
    if entries.count > limit, let last = shown.last { nextCursor = try cursors.cursor(behind: last.id, of: list) }
    return .json { writer in
      writer.name("data")
      writer.beginArray()
      for entry in shown {
        writer.beginObject()
        entry.write(to: &writer)
        writer.endObject()
      }
      writer.endArray()
      writer.member("nextCursor", nextCursor)
    }
  }
}
