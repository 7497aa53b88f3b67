import HTTP

extension Router {
  /// The routes with which a trusted server changes organizations.
  mutating func addAdministration(_ context: RouteContext) {
    let organizations = "/api/v1/admin/organizations/{id}"
    add("PATCH", organizations, handler: OrganizationRoute(context: context).change)
    let autoTopUps = AutoTopUpRoute(context: context)
    add("PUT", organizations + "/auto-top-ups/{tokenType}", handler: autoTopUps.set)
    add("DELETE", organizations + "/auto-top-ups/{tokenType}", handler: autoTopUps.clear)
  }
}

extension CallerAuthenticator {
  /// Lets a trusted server through.
  ///
  /// - Throws: 401 without a valid token, 403 for a user.
  func requireService(_ request: Request) throws(Problem) {
    guard case .service = try caller(of: request) else { throw .forbidden }
  }
}
