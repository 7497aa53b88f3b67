import HTTP
import Tokens

/// What a route asks of its caller.
enum Requirement: Sendable {
  /// Looks and changes nothing.
  case read
  /// Moves tokens that are the caller's own.
  case spend
  /// Looks or spends, as the request says: the route asks again when it has read that.
  case readOrSpend
  /// Connects the organization elsewhere, or ends that: its users, trusted servers, and keys with the scope `admin`. A key
  /// for work alone, `spend`, uses what is connected and cannot put another's account in its place.
  case connect
  /// Gives tokens, changes plans and prices: trusted servers only.
  case admin
}

extension Caller {
  /// Refuses who may not do this, with 403.
  func require(_ requirement: Requirement) throws(Problem) {
    switch self {
    case .service: return
    case .user: if requirement == .admin { throw .forbidden }
    case .key(let key): guard key.allows(requirement) else { throw .forbidden }
    }
  }
}

extension APIKeyIdentity {
  /// Whether the scopes are enough. Administration is for keys of the service alone.
  fileprivate func allows(_ requirement: Requirement) -> Bool {
    switch requirement {
    case .read: scopes.contains(.read) || scopes.contains(.admin)
    case .spend: scopes.contains(.spend) || scopes.contains(.admin)
    case .readOrSpend: !scopes.isEmpty
    case .connect: scopes.contains(.admin)
    case .admin: scopes.contains(.admin) && organizationID == nil
    }
  }
}

/// The routes that ask who is there: all but those of operations.
///
/// Whoever adds a route here has to say what it asks of its caller, and gets to know the caller, or how a signature is
/// verified, and gets to know what it proves: no route can forget to look.
struct GatedRoutes {
  /// What a route does for a caller who may. A problem that it throws is answered.
  typealias Body = @Sendable (Request, Caller, Reply) throws(Problem) -> Void

  private(set) var router = Router()
  let context: RouteContext
  let scopes: ScopeResolver

  init(_ context: RouteContext) {
    self.context = context
    scopes = ScopeResolver(directory: context.directory)
  }

  /// Adds a route.
  ///
  /// - Parameters:
  ///   - method: one of HTTP's.
  ///   - pattern: a path whose segments may be `{names}`.
  ///   - requirement: what is asked of the caller, before anything else of the request is looked at.
  ///   - errorMember: what `error` says in a problem.
  ///   - bodyLimitBytes: the longest body.
  ///   - body: what the route does.
  mutating func add(
    _ method: String, _ pattern: String, needs requirement: Requirement, errorMember: ErrorMember = .code,
    bodyLimitBytes: Int = 65_536, body: @escaping Body
  ) {
    let context = context
    router.add(method, pattern, bodyLimitBytes: bodyLimitBytes) { request, responder in
      let reply = Reply(to: request, responder, errorMember: errorMember, context)
      let session = SessionUse(requirement, method: request.method)
      context.admission.caller(of: request, session: session) { caller, fields in
        let reply = reply.adding(fields)
        reply.attempt { () throws(Problem) in
          let caller = try caller.get()
          try caller.require(requirement)
          try body(request, caller, reply)
        }
      }
    }
  }

  /// Adds a route for who has no token and signs each request instead.
  ///
  /// - Parameters:
  ///   - method: one of HTTP's.
  ///   - pattern: a path whose segments may be `{names}`.
  ///   - bodyLimitBytes: the longest body.
  ///   - verify: what the signature proves, before anything else of the request is looked at; throws
  ///     `invalidSignature` where it proves nothing.
  ///   - body: what the route does.
  mutating func addSigned<Proof>(
    _ method: String, _ pattern: String, bodyLimitBytes: Int = 65_536,
    verify: @escaping @Sendable (Request) throws(Problem) -> Proof,
    body: @escaping @Sendable (Request, Proof, Reply) throws(Problem) -> Void
  ) {
    let context = context
    router.add(method, pattern, bodyLimitBytes: bodyLimitBytes) { request, responder in
      let reply = Reply(to: request, responder, errorMember: .code, context)
      reply.attempt { () throws(Problem) in
        try body(request, try context.admission.proof(of: request, by: verify), reply)
      }
    }
  }
}
