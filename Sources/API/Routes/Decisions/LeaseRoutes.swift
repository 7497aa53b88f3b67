import Decisions
import HTTP
import JSON
import Tokens

/// `/api/v1/decisions/{cache}/{leaseId}`: PUT brings the result of a call, DELETE gives it up.
struct LeaseRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  /// Room for a value of 64 KiB that is written with white space and escapes.
  static let bodyLimitBytes = 131_072

  func store(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (cache, leaseID) = try Self.lease(request)
    var body = try RequestBody.object(of: request)
    let value: JSONValue
    let organizationID: OrganizationID?
    do throws(ReadingError) {
      value = try body.value("value")
      organizationID = try body.optionalIdentifier("organizationId")
      try body.finish()
    } catch {
      throw Problem(error)
    }
    let encoded = value.encoded()
    guard encoded.count <= CacheSettings.valueLimitBytes else { throw .valueTooLarge }
    resolve(caller, organizationID, cache, leaseID, reply) { lease, scope in
      context.decisions.store(String(decoding: encoded, as: UTF8.self), by: lease) { result in
        answer(result, scope, reply) { stored in
          .json { writer in
            writer.member("leaseId", leaseID)
            writer.member("expiresAt", timestamp: stored.endsAtMicroseconds)
          }
        }
      }
    }
  }

  func giveUp(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let (cache, leaseID) = try Self.lease(request)
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    resolve(caller, organizationID, cache, leaseID, reply) { lease, scope in
      context.decisions.giveUp(lease) { result in
        answer(result, scope, reply) { wasOpen in
          .json { writer in
            writer.member("leaseId", leaseID)
            writer.member("wasOpen", wasOpen)
          }
        }
      }
    }
  }

  private static func lease(_ request: Request) throws(Problem) -> (cache: String, LeaseID) {
    let cache = try request.cacheName("cache")
    guard let leaseID = request.parameters["leaseId"].flatMap(LeaseID.init) else { throw .notFound }
    return (cache, leaseID)
  }

  private func resolve(
    _ caller: Caller, _ organizationID: OrganizationID?, _ cache: String, _ leaseID: LeaseID, _ reply: Reply,
    _ body: @escaping @Sendable (LeaseReference, Scope) -> Void
  ) {
    scopes.resolve(caller, organizationID: organizationID, userID: nil) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope):
        body(
          LeaseReference(
            organizationID: scope.organizationID, spender: scope.spender, cache: cache, leaseID: leaseID), scope)
      }
    }
  }

  private func answer<Value>(
    _ result: Result<Result<Value, CacheRefusal>, ServiceFailure>, _ scope: Scope, _ reply: Reply,
    _ success: (Value) -> Response
  ) {
    switch result {
    case .failure(let failure): reply.fail(failure)
    case .success(.failure(let refusal)): reply.fail(scopes.problem(refusal, scope))
    case .success(.success(let value)): reply.send(success(value))
    }
  }
}

extension Problem {
  static let valueTooLarge = Problem(
    .payloadTooLarge, "A value has at most \(CacheSettings.valueLimitBytes) bytes, as JSON without white space.")
}
