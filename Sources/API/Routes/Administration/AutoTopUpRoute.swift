import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/organizations/{id}/auto-top-ups/{tokenType}`: PUT has top-ups asked for, DELETE no longer.
struct AutoTopUpRoute: Sendable {
  let context: RouteContext

  func set(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (organizationID, tokenType) = try balance(request)
    let wanted = try AutoTopUp(request)
    context.accounts.acting(as: request.actor(caller)).set(wanted, for: tokenType, of: organizationID) { result in
      answer(result, reply) { () in
        Response.json { writer in
          writer.member("organizationId", organizationID)
          writer.member("tokenType", tokenType)
          writer.member("below", wanted.below)
          writer.member("amount", wanted.amount)
          writer.member("periodMaximum", wanted.periodMaximum)
          writer.member("coolOffSeconds", wanted.coolOffSeconds)
        }
      }
    }
  }

  func clear(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (organizationID, tokenType) = try balance(request)
    context.accounts.acting(as: request.actor(caller)).clearAutoTopUp(for: tokenType, of: organizationID) { result in
      answer(result, reply) { wasSet in
        Response.json { writer in
          writer.member("organizationId", organizationID)
          writer.member("tokenType", tokenType)
          writer.member("wasSet", wasSet)
        }
      }
    }
  }

  /// Which balance a trusted server's path names.
  private func balance(_ request: Request) throws(Problem) -> (OrganizationID, tokenType: String) {
    let organizationID: OrganizationID = try request.pathIdentifier()
    guard let tokenType = request.parameters["tokenType"], CatalogueName.isOne(tokenType) else { throw .notFound }
    return (organizationID, tokenType)
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply, _ success: (Value) -> Response
  ) {
    switch result {
    case .failure(let failure): reply.fail(failure)
    case .success(.failure(.notFound)): reply.fail(.notFound)
    case .success(.failure(.invalidArgument)), .success(.failure(.conflict)):
      reply.fail(.defect(cause: "settings that PostgreSQL does not take"))
    case .success(.success(let value)): reply.send(success(value))
    }
  }
}

extension AutoTopUp {
  /// Reads the body of a PUT.
  fileprivate init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    self.init(below: try body.amount("below"), amount: try body.amount("amount"))
    do throws(ReadingError) {
      periodMaximum = try body.optionalInteger("periodMaximum", in: Self.periodMaximumRange) ?? periodMaximum
      coolOffSeconds = try body.optionalInteger("coolOffSeconds", in: Self.coolOffSecondsRange) ?? coolOffSeconds
    } catch {
      throw Problem(error)
    }
    try body.end()
  }
}
