import Accounts
import HTTP
import JSON
import Tokens

/// `GET /api/v1/me`: who a token or key says is there.
///
/// A user whom no organization knows is told just that: there is nothing it could look at.
struct CallerRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    let expiresAtSeconds = context.admission.expiry(of: request)
    switch caller {
    case .service: reply.send(Self.response(caller, expiresAtSeconds, nil))
    case .user(let userID):
      answer(caller, userID, expiresAtSeconds, reply)
    case .key(let key):
      guard let organizationID = key.organizationID else {
        reply.send(Self.response(caller, nil, nil))
        return
      }
      context.accounts.membership(in: organizationID) { result in
        switch result {
        case .failure(let failure): reply.fail(failure)
        // The organization was deleted, and its keys with it.
        case .success(.failure): reply.fail(.forbidden)
        case .success(.success(let membership)): reply.send(Self.response(caller, nil, membership))
        }
      }
    }
  }

  private func answer(_ caller: Caller, _ userID: UserID, _ expiresAtSeconds: Int64?, _ reply: Reply) {
    context.directory.home(of: userID) { [context] home in
      switch home {
      case .failure(let failure): reply.fail(failure)
      case .success(nil): reply.send(Self.response(caller, expiresAtSeconds, nil))
      case .success(let home?):
        context.accounts.inTurn(of: .organization(home)).membership(of: userID) { result in
          switch result {
          case .failure(let failure): reply.fail(failure)
          case .success(let membership):
            if membership?.organizationID != home { context.directory.forget(userID) }
            reply.send(Self.response(caller, expiresAtSeconds, membership))
          }
        }
      }
    }
  }

  private static func response(_ caller: Caller, _ expiresAtSeconds: Int64?, _ membership: Membership?) -> Response {
    .json { writer in
      writer.member("kind", caller.kind)
      if let membership {
        writer.member("organizationId", membership.organizationID)
        writer.member("organizationName", membership.name)
        writer.member("plan", membership.plan)
        writer.member("nextPlan", membership.nextPlan)
        writer.member("nextPlanFrom", timestamp: membership.nextPlanFromMicroseconds)
        writer.member("status", membership.status.rawValue)
      }
      if case .user(let userID) = caller { writer.member("userId", userID) }
      if let role = membership?.role { writer.member("role", role.rawValue) }
      if case .key(let key) = caller {
        writer.member("keyId", key.keyID)
        writer.name("scopes")
        writer.beginArray()
        for scope in key.scopes.names { writer.string(scope) }
        writer.endArray()
      }
      if let expiresAtSeconds { writer.member("expiresAt", timestampSeconds: expiresAtSeconds) }
    }
  }
}

extension JSONWriter {
  /// An instant in whole seconds since 1970, up to the end of the year 9999.
  mutating func member(_ name: StaticString, timestampSeconds seconds: Int64) {
    member(name, timestamp: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
  }
}

extension GatedRoutes {
  /// The route that tells callers who they are.
  mutating func addCallers() {
    add("GET", "/api/v1/me", needs: .read, body: CallerRoute(context: context).handle)
  }
}
