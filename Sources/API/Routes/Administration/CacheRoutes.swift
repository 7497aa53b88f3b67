import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/caches`: configures decision caches, of organizations and for all, and shows how they do.
struct CacheRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  /// `PUT /api/v1/admin/caches/{name}`: makes it, or replaces its settings.
  func set(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (settings, organizationID) = try CacheSettings.read(request)
    context.accounts.acting(as: request.actor(caller)).set(settings, of: organizationID) { result in
      answer(result, reply) { (change: CacheChange) throws(Problem) in
        switch change {
        case .made(let details): .json { details.write(of: organizationID, to: &$0) }
        case .unknownFeature: throw Problem(.unknownFeature, "Unknown feature")
        case .featureWithDimensions:
          throw Problem(.invalidUnits, "A call is one unit, and this feature is priced by dimensions.")
        }
      }
    }
  }

  /// `GET /api/v1/admin/caches/{name}?organizationId`: the one that the organization means by the name.
  func read(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    let (name, organizationID) = try Self.cache(request)
    context.accounts.cache(name, of: organizationID) { result in
      answer(result, reply) { (details: CacheDetails?) throws(Problem) in
        guard let details else { throw .notFound }
        return .json { details.write(of: organizationID, to: &$0) }
      }
    }
  }

  /// `DELETE /api/v1/admin/caches/{name}?organizationId`.
  func delete(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (name, organizationID) = try Self.cache(request)
    context.accounts.acting(as: request.actor(caller)).deleteCache(name, of: organizationID) { result in
      answer(result, reply) { (existed: Bool) throws(Problem) in
        .json { writer in
          writer.member("name", name)
          writer.member("organizationId", organizationID)
          writer.member("existed", existed)
        }
      }
    }
  }

  /// `GET /api/v1/admin/caches?organizationId&limit&cursor`, newest first.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let limit = try request.pageLimit()
    let list = JSONValue.array([.string("caches"), organizationID.map { .string($0.description) } ?? .null]).encoded()
    var before: CacheID?
    if let cursor = try request.queryText("cursor") {
      before = CacheID(bits: try cursors.row(of: cursor, in: list).bits)
    }
    // One more than asked for tells whether there is another page.
    context.accounts.caches(of: organizationID, before: before, limit: limit + 1) { result in
      answer(result, reply) { (found: [CacheDetails]) throws(Problem) in
        let shown = found.prefix(limit)
        var nextCursor: String?
        if found.count > limit, let last = shown.last {
          nextCursor = try cursors.cursor(behind: TransactionID(bits: last.id.bits), of: list)
        }
        return .json { writer in
          writer.name("data")
          writer.beginArray()
          for details in shown {
            writer.beginObject()
            details.write(of: organizationID, to: &writer)
            writer.endObject()
          }
          writer.endArray()
          writer.member("nextCursor", nextCursor)
        }
      }
    }
  }

  private static func cache(_ request: Request) throws(Problem) -> (name: String, OrganizationID?) {
    let name = try request.cacheName("name")
    try request.allowQuery(["organizationId"])
    return (name, try request.queryIdentifier("organizationId", of: Organization.self))
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply,
    _ success: (Value) throws(Problem) -> Response
  ) {
    reply.attempt { () throws(Problem) in
      switch try result.mapError({ Problem($0) }).get() {
      case .failure(.notFound): throw .notFound
      case .failure: throw Problem(ServiceFailure.defect(cause: "settings that PostgreSQL does not take"))
      case .success(let value): reply.send(try success(value))
      }
    }
  }
}
