extension GatedRoutes {
  /// The routes of administration, apart from those that move tokens.
  mutating func addAdministration() {
    let organizations = "/api/v1/admin/organizations/{id}"
    add("PATCH", organizations, needs: .admin, body: OrganizationRoute(context: context).change)
    let autoTopUps = AutoTopUpRoute(context: context)
    add("PUT", organizations + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.set)
    add("DELETE", organizations + "/auto-top-ups/{tokenType}", needs: .admin, body: autoTopUps.clear)
  }
}
