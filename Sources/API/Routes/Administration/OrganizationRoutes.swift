import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/organizations`: lists organizations with what they have, shows one, makes one.
struct OrganizationRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  private static let nameLengthRange = 1...200

  /// What a list may be restricted to besides plan and status.
  private enum Nearness: String, CaseIterable { case limit }

  /// `GET /api/v1/admin/organizations?search&plan&status&near&sort&limit&cursor`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["search", "plan", "status", "near", "sort", "limit", "cursor"])
    let filter = OrganizationFilter(
      search: try request.queryWords("search", maximumBytes: 200), plan: try Self.plan(request),
      status: try request.queryChoice("status", of: OrganizationStatus.self),
      isNearLimit: try request.queryChoice("near", of: Nearness.self) != nil,
      order: try request.queryChoice("sort", of: OrganizationFilter.Order.self) ?? .created)
    let page = try Page(
      request, cursors, of: "organizations",
      by: [
        filter.search, filter.plan, filter.status?.rawValue, filter.isNearLimit ? "limit" : nil, filter.order.rawValue,
      ])
    context.accounts.organizations(filter, behind: page.place(), limit: page.lookedFor) { result in
      reply.attempt { () throws(Problem) in
        let found = try result.mapError(Problem.init).get()
        reply.send(try page.response(found, id: \.details.id.bits, sortKey: { $0.sortKey }) { $0.write(to: &$1) })
      }
    }
  }

  /// `GET /api/v1/admin/organizations/{id}`.
  func read(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    let id: OrganizationID = try request.pathIdentifier()
    try request.allowQuery([])
    context.accounts.organization(id) { result in
      reply.attempt { () throws(Problem) in
        guard let found = try result.mapError(Problem.init).get() else { throw .notFound }
        reply.send(.json { found.write(to: &$0) })
      }
    }
  }

  /// `POST /api/v1/admin/organizations`.
  func create(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let key = try request.idempotencyKey()
    var body = try RequestBody.object(of: request)
    let name: String
    let plan: String
    do throws(ReadingError) {
      name = try body.string("name")
      guard Self.nameLengthRange.contains(name.unicodeScalars.count), name.hasVisibleCharacter else {
        throw ReadingError(
          member: "name", problem: .outOfRange, bounds: "1 to 200 characters long, with one that can be seen")
      }
      plan = try body.string("plan", maximumBytes: 255)
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard CatalogueName.isOne(plan) else { throw Self.unknownPlan }
    context.accounts.acting(as: request.actor(caller)).addOrganization(name: name, plan: plan, under: key) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      // Everything else that SQL asks of the arguments was looked at above.
      case .success(.failure): reply.fail(Self.unknownPlan)
      case .success(.success(.keyReused)): reply.fail(.keyReused)
      case .success(.success(.made(let made))):
        reply.send(
          .json(status: 201, isReplay: made.isReplay) { writer in
            writer.member("organizationId", made.id)
            writer.member("name", name)
            writer.member("plan", plan)
            writer.member("status", OrganizationStatus.active.rawValue)
            writer.member("createdAt", timestamp: made.createdAtMicroseconds)
          })
      }
    }
  }

  private static func plan(_ request: Request) throws(Problem) -> String? {
    guard let plan = try request.queryText("plan") else { return nil }
    guard CatalogueName.isOne(plan) else { throw Problem(.invalidRequest, "plan is no name of a plan.") }
    return plan
  }

  private static let unknownPlan = Problem(.unknownPlan, "There is no such plan.")
}

extension Problem {
  /// A key that was used for another request that made something.
  static let keyReused = Problem(
    .idempotencyKeyReused, "The idempotency key was used for another request.")
}
