import Foundation
import JSON
import Testbed
import Testing

/// An organization, and what Stripe tells of it.
struct StripePlace: Sendable {
  static let path = "/api/v1/payments/stripe"

  let served: ServedDatabase
  let tenant: Tenant
  /// What makes this place's ids unlike all others.
  let name = UUID().uuidString.prefix(8).lowercased()

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  var customer: String { "cus_\(name)" }

  /// The body of an event. `object` are members of its object, written behind one another.
  func event(
    _ id: String, _ type: String, _ object: String, created: Int64 = 1_795_246_405, isLive: Bool = true,
    more: String = ""
  ) -> String {
    #"{"id":"evt_\#(name)_\#(id)","object":"event","api_version":"2026-03-25.dahlia","created":\#(created),"#
      + #""livemode":\#(isLive),"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},\#(more)"#
      + #""type":"\#(type)","data":{"object":{\#(object)}}}"#
  }

  /// Members of a checkout that is paid, unless told.
  func checkout(
    _ id: String, pack: String? = "tokens_500", naming: Bool = true, status: String = "paid", more: String = ""
  ) -> String {
    let metadata = [
      naming ? #""tollgate_organization_id":"\#(tenant.organizationID)""# : nil,
      pack.map { #""tollgate_pack":"\#($0)""# },
    ].compactMap { $0 }.joined(separator: ",")
    return #""id":"cs_\#(name)_\#(id)","object":"checkout.session","customer":"\#(customer)","payment_status":"#
      + #""\#(status)","payment_intent":"\#(payment(id))","amount_subtotal":1900,"amount_total":1900,"currency":"eur","#
      + #""shipping_cost":null,"tax_rate":0.19,\#(more)"metadata":{\#(metadata)}"#
  }

  func payment(_ id: String) -> String { "pi_\(name)_\(id)" }

  /// Members of an invoice of the customer's.
  func invoice(_ id: String, of customer: String? = nil) -> String {
    #""id":"in_\#(name)_\#(id)","object":"invoice","customer":"\#(customer ?? self.customer)","amount_due":1900"#
  }

  /// Sends an event as Stripe does, and answers what became of it.
  func tell(
    _ event: String, by secret: String = TestStripe.secret, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let signature = try await TestStripe.signature(of: event, by: secret)
    let answer = try await served.server.call(
      "POST", Self.path, headers: [("Stripe-Signature", signature)], body: event, sourceLocation: sourceLocation)
    try #require(answer.status == 200, "\(answer)", sourceLocation: sourceLocation)
    let body = try answer.json()
    let isReplay = body["replayed"] == .boolean(true)
    return (body["outcome"]?.string ?? "") + (isReplay ? " again" : "")
  }

  /// Says whose the customer is, as an administrator.
  func makeCustomerKnown() async throws {
    try await served.script("SELECT tollgate.set_payment_customer('\(tenant.organizationID)', '\(customer)')")
  }

  /// Tokens of the general kind: 50 are the plan's.
  var general: Int64? { get async throws { try await served.balance(tenant, "general")["balance"]?.integer } }

  /// `active` or `suspended`, and whether it is a payment that suspends.
  var status: String? {
    get async throws {
      try await served.text(
        "SELECT concat_ws(' ', status, CASE WHEN payment_hold THEN 'for a payment' END) FROM public.organizations "
          + "WHERE id = '\(tenant.organizationID)'")
    }
  }

  /// How many events of this place are kept.
  var keptCount: String? {
    get async throws {
      try await served.text("SELECT count(*) FROM tollgate.payment_events WHERE event_id LIKE 'evt\\_\(name)\\_%'")
    }
  }
}
