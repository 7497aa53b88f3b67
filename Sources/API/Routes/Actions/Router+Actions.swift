import HTTP

extension Router {
  /// The routes of actions: their prices, checks, and guards.
  mutating func addActions(_ context: RouteContext, _ scopes: ScopeResolver) {
    add("GET", "/api/v1/actions", handler: ActionsRoute(context: context).handle)
    add("PUT", "/api/v1/admin/actions/{name}", handler: ActionPriceRoute(context: context).handle)
    add(
      "POST", "/api/v1/actions/{name}/check", handler: ActionCheckRoute(context: context, scopes: scopes).handle)
    let guardRoute = GuardRoute(context: context, scopes: scopes)
    for method in GuardRoute.methods { add(method, "/api/v1/guard/{name}", handler: guardRoute.handle) }
  }
}
