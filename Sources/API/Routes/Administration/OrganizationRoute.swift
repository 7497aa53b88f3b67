import Accounts
import HTTP
import JSON
import Tokens

/// `PATCH /api/v1/admin/organizations/{id}`: another plan, another status.
struct OrganizationRoute: Sendable {
  let context: RouteContext

  func change(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let organizationID: OrganizationID = try request.pathIdentifier()
    let change = try OrganizationChange(request)
    guard change.plan.map(CatalogueName.isOne) != false else { throw Self.unknownPlan }
    context.accounts.acting(as: request.actor(caller)).change(organizationID, by: change) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.failure(.notFound)): reply.fail(.notFound)
      // Everything else that SQL asks of the arguments was looked at above.
      case .success(.failure(.invalidArgument)), .success(.failure(.conflict)): reply.fail(Self.unknownPlan)
      case .success(.success(let changed)):
        reply.send(
          .json { writer in
            changed.write(to: &writer)
            writer.member("preview", change.isPreview)
          })
      }
    }
  }

  private static let unknownPlan = Problem(.unknownPlan, "There is no such plan.")
}
