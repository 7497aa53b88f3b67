import Tokens

/// Who sent a request, as far as its token proves it.
enum Caller: Sendable {
  /// A person or program of one organization. Which one, PostgreSQL knows.
  case user(UserID)
  /// A trusted server: any organization. Its token may name it.
  case service(ServiceName?)
  /// Whoever has an API key: what its scopes allow, in its organization or, as a trusted server, in any.
  case key(APIKeyIdentity)

  /// Whose tokens a caller may mean.
  enum Reach: Sendable {
    /// Those of the organization that PostgreSQL finds the user in.
    case membership(of: UserID)
    /// Those of this one.
    case own(OrganizationID)
    /// Anybody's.
    case any
  }

  var reach: Reach {
    switch self {
    case .user(let userID): .membership(of: userID)
    case .service: .any
    case .key(let key): key.organizationID.map(Reach.own) ?? .any
    }
  }

  /// The caller as a spender, for itself, on the routes where an organization has to be named and nobody else can be.
  ///
  /// - Throws: 403 to an organization's key that names another. Of a user PostgreSQL says so.
  func spender(in organizationID: OrganizationID) throws(Problem) -> Spender {
    switch reach {
    case .membership(let userID): return .member(userID)
    case .own(let own):
      guard own == organizationID else { throw .forbidden }
      return .service(onBehalfOf: nil)
    case .any: return .service(onBehalfOf: nil)
    }
  }
}
