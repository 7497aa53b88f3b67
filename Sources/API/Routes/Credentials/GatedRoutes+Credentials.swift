import Vault

extension GatedRoutes {
  /// The routes of the credential vault, for tenants and for administrators.
  mutating func addCredentials(_ vault: Vault?) {
    let path = "/api/v1/credentials/{provider}"
    let routes = CredentialRoutes(context: context, scopes: scopes, vault: vault)
    add("POST", path + "/authorize", needs: .connect, body: routes.authorize)
    add("POST", path + "/exchange", needs: .connect, body: routes.exchange)
    add("PUT", path, needs: .connect, body: routes.connect)
    add("GET", path, needs: .read, body: routes.status)
    add("POST", path + "/access-token", needs: .spend, body: routes.accessToken)
    add("DELETE", path, needs: .connect, body: routes.disconnect)

    let providers = "/api/v1/admin/providers"
    let administration = ProviderRoutes(context: context, vault: vault)
    add("GET", providers, needs: .admin, body: administration.list)
    add("PUT", providers + "/{provider}", needs: .admin, body: administration.set)
    add("DELETE", providers + "/{provider}", needs: .admin, body: administration.remove)
  }
}
