extension GatedRoutes {
  /// The routes of administration, apart from those that move tokens.
  mutating func addAdministration(_ cursors: PageCursors) {
    addOrganizations(cursors)
    addUsers(cursors)
    let plans = PlanRoutes(context: context)
    add("GET", "/api/v1/admin/plans", needs: .admin, body: plans.list)
    add("GET", "/api/v1/admin/plans/{plan}", needs: .admin, body: plans.read)
    add("PUT", "/api/v1/admin/plans/{plan}", needs: .admin, body: plans.set)
    add("GET", "/api/v1/admin/audit", needs: .admin, body: AuditRoute(context: context, cursors: cursors).list)
  }

  private mutating func addOrganizations(_ cursors: PageCursors) {
    let all = "/api/v1/admin/organizations"
    let routes = OrganizationRoutes(context: context, cursors: cursors)
    add("GET", all, needs: .admin, body: routes.list)
    add("POST", all, needs: .admin, body: routes.create)
    let one = all + "/{id}"
    add("GET", one, needs: .admin, body: routes.read)
    add("PATCH", one, needs: .admin, body: OrganizationRoute(context: context).change)
    let autoTopUps = AutoTopUpRoute(context: context)
    add("PUT", one + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.set)
    add("DELETE", one + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.clear)
  }

  private mutating func addUsers(_ cursors: PageCursors) {
    let path = "/api/v1/admin/users"
    let routes = UserRoutes(context: context, cursors: cursors)
    add("GET", path, needs: .admin, body: routes.list)
    add("POST", path, needs: .admin, body: routes.create)
    add("PATCH", path + "/{id}", needs: .admin, body: routes.change)
    add("DELETE", path + "/{id}", needs: .admin, body: routes.remove)
  }

  /// The routes of API keys.
  mutating func addKeys(_ keys: APIKeys, _ cursors: PageCursors) {
    let path = "/api/v1/admin/keys"
    let routes = KeyRoutes(context: context, keys: keys, cursors: cursors)
    add("POST", path, needs: .admin, body: routes.create)
    add("GET", path, needs: .admin, body: routes.list)
    add("DELETE", path + "/{id}", needs: .admin, body: routes.revoke)
    add("POST", path + "/{id}/rotate", needs: .admin, body: routes.rotate)
  }
}
