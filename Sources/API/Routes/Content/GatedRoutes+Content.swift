extension GatedRoutes {
  /// The routes of content and its budgets.
  mutating func addContent(_ cursors: PageCursors) {
    let content = ContentRoutes(context: context, scopes: scopes, cursors: cursors)
    add("GET", "/api/token-usage", needs: .read, body: content.usage)
    let attributes = "/api/attributes"
    add("GET", attributes, needs: .read, body: content.list)
    add("POST", attributes + "/activate", needs: .spend, body: content.activate)
    add(
      "PUT", attributes + "/{id}", needs: .spend, bodyLimitBytes: ContentRequest.bodyLimitBytes, body: content.save)
    add("DELETE", attributes + "/{id}", needs: .spend, body: content.delete)
    add(
      "POST", attributes + "/{id}/validate-budget", needs: .read, bodyLimitBytes: ContentRequest.bodyLimitBytes,
      body: content.validate)
    add("POST", attributes + "/{id}/uses", needs: .spend, body: content.recordUse)

    let budgets = ContentBudgetRoutes(context: context, cursors: cursors)
    let path = "/api/v1/admin/budgets"
    add("GET", path, needs: .admin, body: budgets.list)
    add("PUT", path + "/{id}", needs: .admin, body: budgets.change)
    add("POST", path + "/{id}/reset", needs: .admin, body: budgets.reset)
  }
}
