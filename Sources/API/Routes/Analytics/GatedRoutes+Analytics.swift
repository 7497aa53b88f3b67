extension GatedRoutes {
  /// The routes that report what was used and how long the rest lasts.
  mutating func addAnalytics(_ cursors: PageCursors) {
    let usage = UsageRoutes(context: context, scopes: scopes)
    add("GET", "/api/v1/tokens/usage", needs: .read, body: usage.ofOrganization)
    add("GET", "/api/v1/admin/usage", needs: .admin, body: usage.ofService)
    add("GET", "/api/v1/admin/usage/focus", needs: .admin, body: CostRoute(context: context).export)

    let balances = BalanceReportRoutes(context: context, scopes: scopes, cursors: cursors)
    add("GET", "/api/v1/tokens/forecast", needs: .read, body: balances.forecast)
    add("GET", "/api/v1/tokens/history", needs: .read, body: balances.history)
    add("GET", "/api/v1/admin/forecast", needs: .admin, body: balances.ending)
    add("GET", "/api/v1/admin/overview", needs: .admin, body: balances.overview)

    let prices = PriceRoutes(context: context)
    add("GET", "/api/v1/admin/organizations/{id}/plan-estimates", needs: .admin, body: prices.estimate)
    add("PUT", "/api/v1/admin/plans/{plan}/price", needs: .admin, body: prices.setOfPlan)
    add("DELETE", "/api/v1/admin/plans/{plan}/price", needs: .admin, body: prices.removeOfPlan)
    add("GET", "/api/v1/admin/packs", needs: .admin, body: prices.listPacks)
    add("PUT", "/api/v1/admin/packs/{tokens}/price", needs: .admin, body: prices.setOfPack)
    add("DELETE", "/api/v1/admin/packs/{tokens}/price", needs: .admin, body: prices.removeOfPack)
  }
}
