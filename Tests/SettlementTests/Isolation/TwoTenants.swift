import Foundation
import Postgres
import Testing
import Tokens

/// Two tenants that both have rows in every table and view there is. Everything is asked on behalf of the first; nothing
/// of the second may be seen.
struct TwoTenants {
  let mine: Tenant
  let other: Tenant
  let myBelongings: Belongings
  let othersBelongings: Belongings

  /// A regular expression that matches any row of the first's, as text, and no row of the other's.
  var myMarks: String { Self.marks(mine, myBelongings) }
  /// The same of the other's.
  var othersMarks: String { Self.marks(other, othersBelongings) }

  private static func marks(_ tenant: Tenant, _ belongings: Belongings) -> String {
    ([tenant.id.description, tenant.member.description, tenant.otherMember.description] + belongings.marks)
      .joined(separator: "|")
  }

  init(_ workplace: inout Workplace) throws {
    mine = try workplace.tenant(name: "Mine")
    other = try workplace.tenant(plan: "enterprise", name: "Other")
    try workplace.limit("insights_a_day", window: "day", maximum: 1000)
    myBelongings = try Belongings(of: mine, named: "mine", &workplace)
    othersBelongings = try Belongings(of: other, named: "theirs", &workplace)
    for (tenant, belongings, name) in [(mine, myBelongings, "mine"), (other, othersBelongings, "theirs")] {
      try workplace.connect(tenant)
      try workplace.administrator.script(
        """
        UPDATE tollgate.credentials SET lease_id = '\(belongings.credentialLease)', lease_ends_at = now() + interval '1 hour'
        WHERE organization_id = '\(tenant.id)'
        """)
      try workplace.owe(tenant, name: name)
    }
    try workplace.rollUp()
    try workplace.refuseLate(mine)
    try workplace.refuseLate(other)
    // What happens last waits for its receivers.
    for tenant in [mine, other] {
      _ = try workplace.administrator.query(
        "SELECT tollgate.suspend_organization($1::uuid, 'unpaid')", [tenant.parameter])
      _ = try workplace.administrator.query("SELECT tollgate.resume_organization($1::uuid)", [tenant.parameter])
    }
    // Members' views show what is due and what is low.
    try workplace.administrator.script(
      """
      UPDATE public.ai_tokens SET refresh_date = now() - interval '1 hour' WHERE token_type = 'lead_generation';
      UPDATE public.ai_tokens SET balance = 1 WHERE token_type = 'strategy_analysis';
      ANALYZE;
      """)
  }
}

/// What a tenant has that others could name.
struct Belongings {
  let transaction: String
  /// Open for an hour, and so is not in the view of what is stuck.
  let reservation: String
  let payment: String
  let key: String
  /// The id of an API key.
  let apiKey: String
  /// The id of an active attribute.
  let attribute: String
  /// Calls of the cache `prices`: one whose result is stored, and an open one.
  let leases: [String]
  /// Under which its credential is refreshed.
  let credentialLease: String
  let webhook: String
  let alert: String
  /// The event of an alert.
  let alertEvent: String
  /// One to the webhook that is under way, and the lease of who makes it.
  let delivery: String
  let deliveryLease: String
  /// Who the tenant is at the payment provider, and an event about it.
  let customer: String
  let paymentEvent: String

  /// The texts by which the tenant's rows are known besides its ids.
  var marks: [String] {
    [
      transaction, reservation, payment, key, apiKey, attribute, credentialLease, webhook, alert, alertEvent, delivery,
      deliveryLease, customer, paymentEvent,
    ] + leases
  }

  /// Lets a tenant do everything there is.
  init(of tenant: Tenant, named name: String, _ workplace: inout Workplace) throws {
    payment = "payment-of-\(name)"
    key = "key-of-\(name)"
    _ = try workplace.server.settle([
      tenant.deduction("generate_goal", key: key, metadata: #"{"note": "\#(name)"}"#),
      tenant.deduction("generate_goal", units: 100_000, key: "refused-\(key)"),
      // Nearly all of the plan's tokens: a threshold is crossed.
      tenant.deduction("generate_leads", units: name == "mine" ? 9 : 99),
    ])
    _ = try workplace.administrator.query(
      "SELECT tollgate.top_up($1::uuid, 'forecast', 500, $2)", [tenant.parameter, .text(payment)])
    _ = try workplace.administrator.query(
      "SELECT tollgate.set_auto_top_up($1::uuid, 'general', 10, 100)", [tenant.parameter])
    _ = try workplace.administrator.query(
      "SELECT tollgate.set_limit_override($1::uuid, 'insights_a_day', 500)", [tenant.parameter])
    // Pages are ordered by it. Other ids are of the time at which they were made, and the first tenant's are made first.
    apiKey = (name == "mine" ? "0" : "e") + UUID().uuidString.lowercased().dropFirst()
    _ = try workplace.administrator.query(
      "SELECT tollgate.create_key($1::uuid, $3::uuid, sha256($2::text::bytea), $2, '{read,spend}')",
      [tenant.parameter, .text(name), .text(apiKey)])
    attribute = UUID().uuidString.lowercased()
    _ = try workplace.administrator.query(
      "SELECT tollgate.save_attribute($1::uuid, $2::uuid, $3)", [tenant.parameter, .text(attribute), .text(name)])
    // One call whose result is there, and one that is under way, for as long as a test may take.
    _ = try workplace.administrator.query(
      "SELECT tollgate.set_cache($1::uuid, 'prices', '{title}', 3600, lease_seconds => 3600)", [tenant.parameter])
    leases = try ["a", "b"].map { title in
      let lease = UUID().uuidString.lowercased()
      _ = try workplace.administrator.query(
        "SELECT tollgate.ask_cache($1::uuid, NULL, false, 'prices', jsonb_build_object('title', $2::text), $3::uuid)",
        [tenant.parameter, .text(title), .text(lease)])
      return lease
    }
    _ = try workplace.administrator.query(
      "SELECT tollgate.store_in_cache($1::uuid, NULL, false, 'prices', $2::uuid, to_json($3::text))",
      [tenant.parameter, .text(leases[0]), .text("value-of-\(name)")])
    (customer, paymentEvent) = ("cus_\(name)", "evt_\(name)_1")
    (webhook, deliveryLease) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
    credentialLease = UUID().uuidString.lowercased()
    try workplace.administrator.script(
      """
      SELECT tollgate.set_alert(NULL, '\(tenant.id)', 'lead_generation', 'available_below', 10, '{}', true);
      SELECT tollgate.create_webhook('\(webhook)', '\(tenant.id)', 'https://a.example/', '{}', \(Workplace.sealed));
      SELECT tollgate.evaluate_alerts();
      SELECT tollgate.dispatch_events(1000, false);
      UPDATE tollgate.deliveries SET lease_id = '\(deliveryLease)' WHERE delivery_id = (
        SELECT min(delivery_id::text)::uuid FROM tollgate.deliveries WHERE receiver_id = '\(webhook)');
      """)
    (alert, alertEvent, delivery) = (
      try workplace.id("alert_id FROM tollgate.alerts", of: tenant),
      try workplace.id("event_id FROM tollgate.events", of: tenant, "kind = 'threshold_crossed'"),
      try workplace.id("delivery_id FROM tollgate.deliveries", of: tenant, "lease_id = '\(deliveryLease)'")
    )
    // More than the plan has: a pack pays the rest, and a refund books which.
    let charge = try #require(
      try workplace.administrator.text(
        "SELECT transaction_id FROM tollgate.deduct($1::uuid, $2::uuid, 'forecast_revenue', 60)",
        [tenant.parameter, .text(tenant.member.description)]))
    _ = try workplace.administrator.query(
      "SELECT tollgate.refund($1::uuid, $2::uuid, 6)", [tenant.parameter, .text(charge)])
    transaction = charge
    let held = try ["300", "3600"].map { seconds in
      try #require(
        try workplace.administrator.text(
          "SELECT transaction_id FROM tollgate.reserve($1::uuid, $2::uuid, 'generate_insight', 2, $3::integer)",
          [tenant.parameter, .text(tenant.member.description), .text(seconds)]))
    }
    reservation = held[1]
    _ = try workplace.administrator.query(
      "UPDATE tollgate.reservations SET expires_at = now() - interval '1 second' WHERE reservation_id = $1::uuid",
      [.text(held[0])])
    _ = try workplace.administrator.query(
      """
      UPDATE public.ai_tokens SET due_at = now() - interval '1 second'
      WHERE organization_id = $1::uuid AND token_type = 'general'
      """, [tenant.parameter])
  }
}

extension Workplace {
  /// The first of a tenant's ids in a table: `column FROM table`.
  fileprivate mutating func id(_ column: String, of tenant: Tenant, _ condition: String = "true") throws -> String {
    try #require(
      try administrator.text(
        Statement("SELECT \(column) WHERE organization_id = $1::uuid AND \(condition) ORDER BY 1 LIMIT 1"),
        [tenant.parameter]))
  }
}
