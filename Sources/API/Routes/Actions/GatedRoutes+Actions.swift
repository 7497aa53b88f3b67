extension GatedRoutes {
  /// The routes of actions: their prices, checks, and guards.
  mutating func addActions() {
    add("GET", "/api/v1/actions", needs: .read, body: ActionsRoute(context: context).handle)
    add("GET", "/api/v1/admin/actions", needs: .admin, body: ActionsRoute(context: context).handle)
    add("GET", "/api/v1/admin/actions/{name}", needs: .admin, body: ActionHistoryRoute(context: context).handle)
    add("PUT", "/api/v1/admin/actions/{name}", needs: .admin, body: ActionPriceRoute(context: context).handle)
    add(
      "POST", "/api/v1/actions/{name}/check", needs: .read,
      body: ActionCheckRoute(context: context, scopes: scopes).handle)
    let guardRoute = GuardRoute(context: context, scopes: scopes)
    for method in GuardRoute.methods {
      add(method, "/api/v1/guard/{name}", needs: .readOrSpend, body: guardRoute.handle)
    }
  }
}
