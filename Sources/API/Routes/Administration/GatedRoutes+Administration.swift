extension GatedRoutes {
  /// The routes of administration, apart from those that move tokens.
  mutating func addAdministration() {
    let organizations = "/api/v1/admin/organizations/{id}"
    add("PATCH", organizations, needs: .admin, body: OrganizationRoute(context: context).change)
    let autoTopUps = AutoTopUpRoute(context: context)
    add("PUT", organizations + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.set)
    add("DELETE", organizations + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.clear)
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
