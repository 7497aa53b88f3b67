import Vault

extension GatedRoutes {
  /// The routes of alerts, for tenants and for administrators.
  mutating func addAlerts(_ cursors: PageCursors) {
    let path = "/api/v1/admin/alerts"
    let rules = AlertRoutes(context: context, cursors: cursors)
    add("GET", path, needs: .admin, body: rules.list)
    add("POST", path, needs: .admin, body: rules.create)
    add("GET", path + "/{id}", needs: .admin, body: rules.read)
    add("PUT", path + "/{id}", needs: .admin, body: rules.replace)
    add("DELETE", path + "/{id}", needs: .admin, body: rules.delete)
    let events = AlertEventRoutes(context: context, scopes: scopes, cursors: cursors)
    add("GET", "/api/v1/admin/alert-events", needs: .admin, body: events.everywhere)
    add("GET", "/api/v1/alerts", needs: .read, body: events.own)
  }

  /// The routes of webhooks and what is on its way to them.
  mutating func addWebhooks(_ vault: Vault?, _ cursors: PageCursors) {
    let path = "/api/v1/admin/webhooks"
    let webhooks = WebhookRoutes(context: context, cursors: cursors, vault: vault)
    add("GET", path, needs: .admin, body: webhooks.list)
    add("POST", path, needs: .admin, body: webhooks.create)
    add("GET", path + "/{id}", needs: .admin, body: webhooks.read)
    add("PATCH", path + "/{id}", needs: .admin, body: webhooks.change)
    add("DELETE", path + "/{id}", needs: .admin, body: webhooks.delete)
    add("POST", path + "/{id}/rotate-secret", needs: .admin, body: webhooks.rotateSecret)
    let deliveries = DeliveryRoutes(context: context, cursors: cursors)
    add("POST", path + "/{id}/test", needs: .admin, body: deliveries.test)
    add("GET", path + "/{id}/deliveries", needs: .admin, body: deliveries.list)
    add("POST", path + "/{id}/deliveries/{deliveryId}/replay", needs: .admin, body: deliveries.replay)
  }
}
