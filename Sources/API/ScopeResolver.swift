import Tokens

/// Whose tokens a request is about.
struct Scope: Sendable {
  var organizationID: OrganizationID
  var spender: Spender
  /// Whether the request named the organization, or it was taken from the caller's membership.
  var isNamed: Bool
}

/// Works out whose tokens a request is about: the caller's own organization unless it names one.
struct ScopeResolver: Sendable {
  let directory: MembershipDirectory

  /// Whether a user belongs to the organization it names is PostgreSQL's to say. Answers 400 to a service that names
  /// no organization, 403 to a user who speaks for another or belongs nowhere.
  func resolve(
    _ caller: Caller, organizationID: OrganizationID?, userID: UserID?,
    completion: @escaping @Sendable (Result<Scope, Problem>) -> Void
  ) {
    switch caller {
    case .service:
      guard let organizationID else {
        completion(.failure(Problem(.invalidRequest, "A service has to name the organizationId.")))
        return
      }
      let spender = Spender.service(onBehalfOf: userID)
      completion(.success(Scope(organizationID: organizationID, spender: spender, isNamed: true)))
    case .user(let own):
      guard userID == nil || userID == own else {
        completion(.failure(.forbidden))
        return
      }
      if let organizationID {
        completion(.success(Scope(organizationID: organizationID, spender: .member(own), isNamed: true)))
        return
      }
      directory.organization(of: own) { result in
        completion(result.map { Scope(organizationID: $0, spender: .member(own), isNamed: false) })
      }
    }
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
