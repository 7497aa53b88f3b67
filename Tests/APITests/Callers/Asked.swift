import Foundation
import JSON
import Testbed
import Testing

/// A request to one operation of openapi.json that is right in itself: it succeeds for whoever may ask.
struct Asked {
  let method: String
  let target: String
  let body: String?
  /// What it needs besides, whoever asks.
  let fields: [(String, String)]
  /// Whether Stripe signs it.
  let isSigned: Bool

  init(
    _ method: String, _ target: String, _ body: String? = nil, fields: [(String, String)] = [], isSigned: Bool = false
  ) {
    self.method = method
    self.target = target
    self.body = body
    self.fields = fields
    self.isSigned = isSigned
  }
}

/// What the examples are about, all of one tenant.
struct Belongings {
  let tenant: Tenant
  /// A charge that can be refunded.
  let chargeID: String
  /// An open reservation.
  let reservationID: String
  /// An API key that nobody uses.
  let keyID: String
  /// An inactive attribute.
  let attributeID: String
  /// An open lease of the cache for all.
  let leaseID: String

  /// The cache for all that the examples ask.
  var cache: String { "cache_\(provider)" }
  /// A rule of the tenant's.
  let alertID: String
  /// A webhook of the tenant's, and a delivery to it that is dead.
  let webhookID: String
  let deliveryID: String
  /// An authorization that somebody comes back from.
  let exchange: String
  /// A user of the tenant's who is changed and removed.
  let userID: String
  /// Whom the tenant is connected to.
  let provider: String

  /// Makes them anew.
  init(at place: CredentialPlace) async throws {
    let (tenant, served) = (place.tenant, place.served)
    self.tenant = tenant
    alertID = UUID().uuidString.lowercased()
    webhookID = UUID().uuidString.lowercased()
    deliveryID = UUID().uuidString.lowercased()
    try await served.script(Self.alerts(of: tenant, alertID, webhookID, deliveryID))
    provider = place.provider
    chargeID = try await served.charge(tenant, "generate_insight")
    let answer = try await served.ask(tenant, Path.reservations, #"{"featureUsed":"generate_insight"}"#)
    reservationID = try #require(try answer.json()["reservationId"]?.string)
    keyID = try await served.server.makeKey(of: tenant.organizationID, "read").id
    attributeID = UUID().uuidString.lowercased()
    try await served.saveAttribute(attributeID, of: tenant, #"{"instructions":"Be brief.","active":false}"#)
    leaseID = UUID().uuidString.lowercased()
    let cache = "cache_\(place.provider)"
    try await served.script(
      """
      SELECT tollgate.set_cache(NULL, '\(cache)', '{title}', 3600, 1000000);
      SELECT tollgate.ask_cache('\(tenant.organizationID)', NULL, false, '\(cache)', '{"title": "\(leaseID)"}',
        '\(leaseID)');
      """)
    // Others set these prices as well, and nobody else removes them.
    try await served.script(
      """
      SELECT tollgate.set_plan('priced_for_everybody', 'Priced', '{}');
      SELECT tollgate.set_plan_price('priced_for_everybody', 1, 'EUR');
      SELECT tollgate.set_pack_price(77, 1, 'EUR');
      """)
    userID = try #require(try await served.text("SELECT tollgate.create_user('\(tenant.organizationID)')"))
    exchange = try await Self.connect(place)
  }

  /// Instead of those that were made before: an organization has at most a hundred of each.
  private static func alerts(
    of tenant: Tenant, _ alertID: String, _ webhookID: String, _ deliveryID: String
  ) -> String {
    """
    DELETE FROM tollgate.deliveries WHERE organization_id = '\(tenant.organizationID)';
    DELETE FROM tollgate.webhooks WHERE organization_id = '\(tenant.organizationID)';
    DELETE FROM tollgate.alerts WHERE organization_id = '\(tenant.organizationID)';
    INSERT INTO tollgate.alerts (organization_id, alert_id, condition, threshold)
    VALUES ('\(tenant.organizationID)', '\(alertID)', 'available_below', 1);
    SELECT tollgate.create_webhook('\(webhookID)', '\(tenant.organizationID)', 'https://127.0.0.1:1/', '{webhook.test}',
      '\\x01016b'::bytea || decode(md5(random()::text) || md5(random()::text), 'hex'));
    SELECT tollgate.test_webhook('\(webhookID)');
    UPDATE tollgate.deliveries
    SET delivery_id = '\(deliveryID)', status = 'dead', next_attempt_at = NULL, finished_at = now()
    WHERE organization_id = '\(tenant.organizationID)' AND receiver_id = '\(webhookID)';
    """
  }

  /// Connects to the provider, and begins again. Another provider is there to be removed.
  private static func connect(_ place: CredentialPlace) async throws -> String {
    try await place.connect()
    try await place.named("\(place.provider)_too").configure()
    let (query, code) = try await place.consent()
    return #""code":"\#(code)","state":"\#(try #require(query["state"]))""#
  }

  /// The example of an operation.
  ///
  /// - Parameters:
  ///   - operationID: as openapi.json has it.
  ///   - isNaming: whether it names the organization where that can be left out.
  ///   - unique: makes payments and keys new.
  ///   - session: a token to sign in with.
  /// - Returns: nil for an operation that has no example here.
  func example(of operationID: String, isNaming: Bool, unique: String, session: String = "") -> Asked? {
    let id = tenant.organizationID
    let query = isNaming ? "?organizationId=\(id)" : ""
    let named = isNaming ? #","organizationId":"\#(id)""# : ""
    let only = isNaming ? #"{"organizationId":"\#(id)"}"# : "{}"
    let reservation = "\(Path.reservations)/\(reservationID)"
    let lease = "/api/v1/decisions/\(cache)/\(leaseID)"
    let organization = "/api/v1/admin/organizations/\(id)"
    let attribute = "\(Path.attributes)/\(attributeID)"
    let credential = "/api/v1/credentials/\(provider)"
    let webhook = "/api/v1/admin/webhooks/\(webhookID)"
    switch operationID {
    case "checkBalance": return Asked("POST", Path.checkBalance, tenant.asking("generate_insight"))
    case "statistics": return Asked("GET", Path.stats + "?organizationId=\(id)")
    case "deduct": return Asked("POST", Path.deduct, #"{"featureUsed":"generate_insight"\#(named)}"#)
    case "deductBatch":
      return Asked(
        "POST", Path.batch,
        #"{"items":[{"idempotencyKey":"\#(unique)","featureUsed":"generate_insight"\#(named)}],"mode":"atomic"}"#)
    case "balances": return Asked("GET", Path.balance + query)
    case "refund": return Asked("POST", Path.refund, #"{"transactionId":"\#(chargeID)"\#(named)}"#)
    case "topUp":
      return Asked(
        "POST", Path.topUp,
        #"{"organizationId":"\#(id)","tokenType":"general","amount":1,"paymentId":"\#(unique)"}"#)
    case "reserve": return Asked("POST", Path.reservations, #"{"featureUsed":"generate_insight"\#(named)}"#)
    case "reservation": return Asked("GET", reservation + query)
    case "capture": return Asked("POST", reservation + "/capture", only)
    case "release": return Asked("POST", reservation + "/release", only)
    case "extend": return Asked("POST", reservation + "/extend", #"{"ttlSeconds":60\#(named)}"#)
    case "organizations": return Asked("GET", "/api/v1/admin/organizations")
    case "createOrganization":
      return Asked("POST", "/api/v1/admin/organizations", #"{"name":"Asked by everybody","plan":"starter"}"#)
    case "organization": return Asked("GET", organization)
    case "users": return Asked("GET", "/api/v1/admin/users?organizationId=\(id)")
    case "createUser": return Asked("POST", "/api/v1/admin/users", #"{"organizationId":"\#(id)","role":"viewer"}"#)
    case "changeUser": return Asked("PATCH", "/api/v1/admin/users/\(userID)", #"{"role":"viewer"}"#)
    case "removeUser": return Asked("DELETE", "/api/v1/admin/users/\(userID)")
    case "plans": return Asked("GET", "/api/v1/admin/plans")
    case "plan": return Asked("GET", "/api/v1/admin/plans/pro")
    case "setPlan":
      return Asked(
        "PUT", "/api/v1/admin/plans/asked_by_everybody", #"{"title":"Asked","allocations":{"general":1}}"#)
    case "allActions": return Asked("GET", "/api/v1/admin/actions")
    case "action": return Asked("GET", "/api/v1/admin/actions/generate_insight")
    case "audit": return Asked("GET", "/api/v1/admin/audit?organizationId=\(id)")
    case "changeOrganization": return Asked("PATCH", organization, #"{"status":"active"}"#)
    case "setAutoTopUp": return Asked("PUT", organization + "/auto-top-ups/forecast", #"{"below":1,"amount":10}"#)
    case "clearAutoTopUp": return Asked("DELETE", organization + "/auto-top-ups/forecast")
    case "adjust": return Asked("POST", organization + "/adjust", #"{"tokenType":"general","amount":1}"#)
    case "reset": return Asked("POST", organization + "/reset", #"{"tokenType":"general"}"#)
    case "actions": return Asked("GET", "/api/v1/actions")
    case "checkAction": return Asked("POST", "/api/v1/actions/generate_insight/check", only)
    case "createAPIKey":
      return Asked("POST", Path.keys, #"{"organizationId":"\#(id)","name":"Key","scopes":["read"]}"#)
    case "apiKeys": return Asked("GET", Path.keys + "?organizationId=\(id)")
    case "rotateAPIKey": return Asked("POST", "\(Path.keys)/\(keyID)/rotate", "{}")
    case "revokeAPIKey": return Asked("DELETE", "\(Path.keys)/\(keyID)")
    case "askCache":
      return Asked("POST", "/api/v1/decisions/\(cache)", #"{"key":{"title":"\#(unique)"}\#(named)}"#)
    case "storeDecision": return Asked("PUT", lease, #"{"value":1\#(named)}"#)
    case "giveUpLease": return Asked("DELETE", lease + query)
    case "caches": return Asked("GET", "/api/v1/admin/caches?organizationId=\(id)")
    case "cache": return Asked("GET", "/api/v1/admin/caches/\(cache)?organizationId=\(id)")
    case "setCache":
      return Asked(
        "PUT", "/api/v1/admin/caches/own", #"{"organizationId":"\#(id)","keyMembers":["title"],"ttlSeconds":60}"#)
    case "deleteCache": return Asked("DELETE", "/api/v1/admin/caches/own?organizationId=\(id)")
    case "setActionPrice":
      return Asked(
        "PUT", "/api/v1/admin/actions/asked_by_everybody",
        #"{"tokenType":"general","cost":1,"endpointType":"single"}"#)
    case "tokenUsage": return Asked("GET", Path.tokenUsage + query)
    case "attributes": return Asked("GET", Path.attributes + query)
    case "saveAttribute": return Asked("PUT", attribute, #"{"instructions":"Be very brief."\#(named)}"#)
    case "validateBudget":
      return Asked("POST", attribute + "/validate-budget", #"{"instructions":"Be very brief."\#(named)}"#)
    case "deleteAttribute": return Asked("DELETE", attribute + query)
    case "recordAttributeUse": return Asked("POST", attribute + "/uses", only)
    case "activateAttributes":
      return Asked("POST", Path.attributes + "/activate", #"{"ids":["\#(attributeID)"]\#(named)}"#)
    case "contentBudgets": return Asked("GET", Path.budgets)
    case "changeContentBudget": return Asked("PUT", "\(Path.budgets)/\(id)", #"{"level":3}"#)
    case "resetContentBudget": return Asked("POST", "\(Path.budgets)/\(id)/reset", "{}")
    case "ledger": return Asked("GET", Path.ledger + query)
    case "transaction": return Asked("GET", "\(Path.transactions)/\(chargeID)\(query)")
    case "authorizeCredential": return Asked("POST", "\(credential)/authorize", only)
    case "exchangeCredential": return Asked("POST", "\(credential)/exchange", "{\(exchange)\(named)}")
    case "connectCredential": return Asked("PUT", credential, #"{"refreshToken":"\#(unique)"\#(named)}"#)
    case "credential": return Asked("GET", credential + query)
    case "disconnectCredential": return Asked("DELETE", credential + query)
    case "accessToken": return Asked("POST", "\(credential)/access-token", only)
    case "receiveStripeEvent":
      return Asked(
        "POST", "/api/v1/payments/stripe",
        #"{"id":"evt_\#(unique)","type":"customer.created","created":1795246405,"livemode":true}"#, isSigned: true)
    case "providers": return Asked("GET", "/api/v1/admin/providers")
    case "setProvider":
      return Asked(
        "PUT", "/api/v1/admin/providers/asked_by_everybody",
        #"{"authorizationUrl":"https://a.example/","tokenUrl":"https://a.example/t","clientId":"a","clientSecret":"b","redirectUri":"https://b.example/"}"#
      )
    case "removeProvider": return Asked("DELETE", "/api/v1/admin/providers/\(provider)_too")
    case "alerts": return Asked("GET", "/api/v1/admin/alerts?organizationId=\(id)")
    case "createAlert":
      return Asked(
        "POST", "/api/v1/admin/alerts",
        #"{"organizationId":"\#(id)","condition":"available_below","threshold":1,"active":false}"#)
    case "alert": return Asked("GET", "/api/v1/admin/alerts/\(alertID)")
    case "replaceAlert":
      return Asked("PUT", "/api/v1/admin/alerts/\(alertID)", #"{"condition":"available_below","threshold":2}"#)
    case "deleteAlert": return Asked("DELETE", "/api/v1/admin/alerts/\(alertID)")
    case "alertEvents": return Asked("GET", "/api/v1/admin/alert-events?organizationId=\(id)")
    case "ownAlerts": return Asked("GET", "/api/v1/alerts" + query)
    case "webhooks": return Asked("GET", "/api/v1/admin/webhooks?organizationId=\(id)")
    case "createWebhook":
      return Asked(
        "POST", "/api/v1/admin/webhooks",
        #"{"organizationId":"\#(id)","url":"https://127.0.0.1:1/","events":["webhook.test"]}"#)
    case "webhook": return Asked("GET", webhook)
    case "changeWebhook": return Asked("PATCH", webhook, #"{"events":["webhook.test","alert.raised"]}"#)
    case "deleteWebhook": return Asked("DELETE", webhook)
    case "rotateWebhookSecret": return Asked("POST", webhook + "/rotate-secret", "{}")
    case "testWebhook": return Asked("POST", webhook + "/test", "{}")
    case "deliveries": return Asked("GET", webhook + "/deliveries")
    case "replayDelivery": return Asked("POST", webhook + "/deliveries/\(deliveryID)/replay", "{}")
    case "usage": return Asked("GET", "/api/v1/tokens/usage" + query)
    case "forecast": return Asked("GET", "/api/v1/tokens/forecast" + query)
    case "history": return Asked("GET", "/api/v1/tokens/history" + query)
    case "serviceUsage": return Asked("GET", "/api/v1/admin/usage?organizationId=\(id)")
    case "focusExport": return Asked("GET", "/api/v1/admin/usage/focus?organizationId=\(id)")
    case "endingBalances": return Asked("GET", "/api/v1/admin/forecast")
    case "overview": return Asked("GET", "/api/v1/admin/overview")
    case "planEstimates": return Asked("GET", organization + "/plan-estimates")
    case "setPlanPrice": return Asked("PUT", "/api/v1/admin/plans/pro/price", #"{"amountMinor":4900,"currency":"EUR"}"#)
    case "removePlanPrice": return Asked("DELETE", "/api/v1/admin/plans/priced_for_everybody/price")
    case "packs": return Asked("GET", "/api/v1/admin/packs")
    case "removePackPrice": return Asked("DELETE", "/api/v1/admin/packs/77/price")
    case "setPackPrice": return Asked("PUT", "/api/v1/admin/packs/500/price", #"{"amountMinor":1000,"currency":"EUR"}"#)
    case "me": return Asked("GET", "/api/v1/me")
    case "dashboard": return Asked("GET", "/dashboard")
    case "dashboardFile": return Asked("GET", "/dashboard/files/icon.svg")
    case "signIn": return Asked("POST", Path.session, #"{"token":"\#(session)"}"#, fields: CallerKind.ofThePage)
    case "signOut": return Asked("DELETE", Path.session, fields: CallerKind.ofThePage)
    case "live": return Asked("GET", "/livez")
    case "ready": return Asked("GET", "/readyz")
    case "metrics": return Asked("GET", "/metrics")
    case "describe": return Asked("GET", "/openapi.json")
    default:
      guard operationID.hasPrefix("guard") else { return nil }
      let method = operationID.dropFirst("guard".count).uppercased()
      return Asked(method.isEmpty ? "GET" : method, "/api/v1/guard/generate_insight\(query)")
    }
  }
}
