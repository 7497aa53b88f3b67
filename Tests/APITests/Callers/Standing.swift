/// What a caller is to the tenant whose belongings are asked about.
indirect enum Standing {
  /// Proves nothing: 401 wherever anybody is asked for.
  case unproven
  /// Proves to be what has nothing to do here.
  case powerless
  /// One of its users.
  case member
  /// One of its users who may look and no more.
  case viewer
  /// A user of another organization, or of none.
  case stranger
  /// A trusted server.
  case service
  /// An API key of the tenant with these scopes.
  case ownKey(Set<String>)
  /// An API key of another organization with all scopes.
  case otherKey
  /// An API key of the service with these scopes.
  case serviceKey(Set<String>)
  /// Has the dashboard's cookie of somebody, in a request of the dashboard's page; `isMeant`: with the page's own field.
  case session(Standing, isMeant: Bool)

  /// Whether it is a viewer's, by whatever it shows.
  var isOfViewer: Bool {
    switch self {
    case .viewer: true
    case .session(let owner, _): owner.isOfViewer
    default: false
    }
  }

  /// The status of an operation's example that names the tenant's organization.
  ///
  /// - Parameters:
  ///   - operationID: as openapi.json has it.
  ///   - method: one of HTTP's.
  ///   - requirement: what it asks of its caller, `read`, `spend`, `connect` or `admin`; nil: nothing.
  ///   - success: the status for who may.
  /// - Returns: the status for this caller.
  func expected(of operationID: String, _ method: String, asking requirement: String?, success: Int) -> Int {
    guard let requirement else { return success }
    switch self {
    case .unproven: return 401
    case .session(let owner, let isMeant):
      // It is for what the page does: it looks and administrates, and the rest wants a bearer as ever.
      let isForThePage =
        ["read", "admin"].contains(requirement) && operationID != "checkBalance" && !operationID.hasPrefix("guard")
      guard isForThePage, isMeant || method == "GET" else { return 401 }
      return owner.expected(of: operationID, method, asking: requirement, success: success)
    case .powerless: return 403
    case .service: return success
    case .member: return requirement == "admin" ? 403 : success
    case .viewer:
      // These need no more than read of a key, but ask whether somebody may spend: a viewer may not.
      let asksAboutSpending = ["checkBalance", "checkAction"].contains(operationID) || operationID.hasPrefix("guard")
      return requirement == "read" && !asksAboutSpending ? success : 403
    case .ownKey(let scopes):
      guard requirement != "admin" else { return 403 }
      return scopes.isDisjoint(with: [requirement, "admin"]) ? 403 : success
    case .serviceKey(let scopes): return scopes.isDisjoint(with: [requirement, "admin"]) ? 403 : success
    case .stranger, .otherKey:
      // The catalogue is the same for everybody, and who one is nobody else's business.
      if ["actions", "me"].contains(operationID) { return success }
      if requirement == "admin" { return 403 }
      // Existing apps expect 403 of these two; elsewhere another tenant's id is like an unknown one.
      return ["checkBalance", "statistics"].contains(operationID) ? 403 : 404
    }
  }
}
