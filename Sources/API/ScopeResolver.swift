import Accounts
import Tokens

/// Whose tokens a request is about.
struct Scope: Sendable {
  var organizationID: OrganizationID
  var spender: Spender
  /// Whether the request named the organization, or it was taken from the caller's membership or key.
  var isNamed: Bool
  /// Whose turn it takes where there are turns; nil: the organization's.
  var party: Party?
}

/// Works out whose tokens a request is about: the caller's own organization unless it names one.
struct ScopeResolver: Sendable {
  let directory: MembershipDirectory

  /// Whether a user belongs to the organization it names is PostgreSQL's to say. Answers 400 to a service that names
  /// no organization, 403 to a user who speaks for another or belongs nowhere, 404 to a key that names another
  /// organization than its own. A key of an organization may name users: its members.
  func resolve(
    _ caller: Caller, organizationID: OrganizationID?, userID: UserID?,
    completion: @escaping @Sendable (Result<Scope, Problem>) -> Void
  ) {
    guard case .membership(let own) = caller.reach, userID == nil || userID == own, organizationID == nil else {
      completion(Result { () throws(Problem) in try scope(caller, organizationID, userID) })
      return
    }
    directory.organization(of: own) { result in
      completion(result.map { Scope(organizationID: $0, spender: .member(own), isNamed: false) })
    }
  }

  /// The same for what is asked of `Accounts`. A user who names an organization takes the turn of its own: whoever asks for
  /// another's fills no other's line.
  func resolveInTurn(
    _ caller: Caller, organizationID: OrganizationID?,
    completion: @escaping @Sendable (Result<Scope, Problem>) -> Void
  ) {
    resolve(caller, organizationID: organizationID, userID: nil) { scope in
      guard case .success(let named) = scope, named.isNamed, case .membership(let userID) = caller.reach else {
        completion(scope)
        return
      }
      directory.home(of: userID) { home in
        completion(
          home.mapError(Problem.init).map { home in
            var scope = named
            scope.party = home.map(Party.organization) ?? .user(userID)
            return scope
          })
      }
    }
  }

  /// The same for the items of a batch, each of which may name an organization and a user. Where a user names none its
  /// membership is looked up once; one who then belongs nowhere is refused as a whole.
  func resolve(
    _ caller: Caller, items: [DeductBatchRequest.Item],
    completion: @escaping @Sendable (Result<[Result<(request: DeductRequest, scope: Scope), Problem>], Problem>) -> Void
  ) {
    let needsOwn = items.contains { (try? $0.content.get())?.organizationID == nil }
    guard case .user = caller, needsOwn else {
      completion(.success(items.map { scope(of: $0, caller, own: nil) }))
      return
    }
    resolve(caller, organizationID: nil, userID: nil) { own in
      completion(own.map { own in items.map { scope(of: $0, caller, own: own) } })
    }
  }

  private func scope(
    of item: DeductBatchRequest.Item, _ caller: Caller, own: Scope?
  ) -> Result<(request: DeductRequest, scope: Scope), Problem> {
    item.content.flatMap { request in
      Result { () throws(Problem) in
        let organizationID = request.organizationID
        if let own, organizationID == nil, request.userID == nil || request.userID == own.spender.userID {
          return (request, own)
        }
        return (request, try scope(caller, organizationID, request.userID))
      }
    }
  }

  /// Whatever is known without asking PostgreSQL.
  private func scope(
    _ caller: Caller, _ organizationID: OrganizationID?, _ userID: UserID?
  ) throws(Problem) -> Scope {
    switch caller.reach {
    case .membership(let own):
      guard let organizationID, userID == nil || userID == own else { throw .forbidden }
      return Scope(organizationID: organizationID, spender: .member(own), isNamed: true)
    case .own(let own):
      guard organizationID == nil || organizationID == own else { throw .notFound }
      return Scope(
        organizationID: own, spender: userID.map(Spender.member) ?? .service(onBehalfOf: nil), isNamed: false)
    case .any:
      guard let organizationID else { throw Problem(.invalidRequest, "A service has to name the organizationId.") }
      return Scope(organizationID: organizationID, spender: .service(onBehalfOf: userID), isNamed: true)
    }
  }

  /// Refuses who may not read of the organization, as PostgreSQL found.
  func requireReadable(_ outcome: Outcome, _ scope: Scope) throws(Problem) {
    if outcome == .forbidden { throw problemOfStranger(to: scope) }
    if let problem = Problem(undecided: outcome, spender: scope.spender) { throw problem }
  }

  /// What a user is told whom PostgreSQL did not find among the organization's members.
  ///
  /// Another tenant's id looks like an unknown one: 404. Who named none was found by a membership that is gone: 403.
  func problemOfStranger(to scope: Scope) -> Problem {
    if scope.isNamed { return .notFound }
    if case .member(let userID) = scope.spender { directory.forget(userID) }
    return .forbidden
  }
}
