extension GatedRoutes {
  /// The routes of decision caches.
  mutating func addDecisions() {
    let cache = "/api/v1/decisions/{cache}"
    add("POST", cache, needs: .spend, body: DecisionRoute(context: context, scopes: scopes).handle)
    let leases = LeaseRoutes(context: context, scopes: scopes)
    add(
      "PUT", cache + "/{leaseId}", needs: .spend, bodyLimitBytes: LeaseRoutes.bodyLimitBytes, body: leases.store)
    add("DELETE", cache + "/{leaseId}", needs: .spend, body: leases.giveUp)
  }

  /// The routes that configure decision caches.
  mutating func addCaches(_ cursors: PageCursors) {
    let path = "/api/v1/admin/caches"
    let routes = CacheRoutes(context: context, cursors: cursors)
    add("GET", path, needs: .admin, body: routes.list)
    add("GET", path + "/{name}", needs: .admin, body: routes.read)
    add("PUT", path + "/{name}", needs: .admin, bodyLimitBytes: LeaseRoutes.bodyLimitBytes, body: routes.set)
    add("DELETE", path + "/{name}", needs: .admin, body: routes.delete)
  }
}
