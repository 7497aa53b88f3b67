import Accounts
import HTTP
public import JSON
public import Tokens

/// `GET /api/v1/admin/audit?organizationId&change&actor&from&to&limit&cursor`: who changed what, newest first.
struct AuditRoute: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "change", "actor", "from", "to", "limit", "cursor"])
    let filter = AuditFilter(
      organizationID: try request.queryIdentifier("organizationId", of: Organization.self),
      change: try request.queryWords("change", maximumBytes: 127),
      actorID: try request.queryWords("actor", maximumBytes: 255), fromMicroseconds: try request.queryTime("from"),
      toMicroseconds: try request.queryTime("to"))
    let page = try Page(
      request, cursors, of: "audit",
      by: [
        filter.organizationID?.description, filter.change, filter.actorID, filter.fromMicroseconds.map(String.init),
        filter.toMicroseconds.map(String.init),
      ])
    let before = page.behind.map(AuditRecordID.init(bits:))
    context.accounts.auditLog(filter, before: before, limit: page.lookedFor) { result in
      reply.attempt { () throws(Problem) in
        let found = try result.mapError(Problem.init).get()
        reply.send(try page.response(found, id: \.id.bits) { $0.write(to: &$1) })
      }
    }
  }
}

extension AuditRecord {
  /// Writes the members of a change, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("at", timestamp: atMicroseconds)
    writer.name("actor")
    writer.beginObject()
    writer.member("kind", actor.kind.rawValue)
    writer.member("id", actor.id)
    writer.member("hint", actor.hint)
    writer.member("databaseRole", databaseRole)
    writer.endObject()
    writer.member("change", change)
    writer.member("organizationId", organizationID)
    writer.member("subject", subject)
    write("before", before, to: &writer)
    write("after", after, to: &writer)
    writer.member("requestId", actor.requestID)
  }

  private func write(_ name: StaticString, _ object: String?, to writer: inout JSONWriter) {
    if let object {
      writer.member(name, raw: Array(object.utf8))
    } else {
      writer.name(name)
      writer.null()
    }
  }
}
