import Testbed
import Testing

@Suite("Stripe's invoices")
struct InvoiceTests {
  private let place: StripePlace

  init() async throws {
    place = try await StripePlace()
    try await place.makeCustomerKnown()
  }

  private func tell(_ id: String, _ type: String, _ invoice: String = "1", at seconds: Int64 = 100) async throws
    -> String
  {
    try await place.tell(place.event(id, type, place.invoice(invoice), created: seconds))
  }

  @Test("a failed payment ends spending at once, and payment gives it back with the unused tokens")
  func failedAndPaid() async throws {
    _ = try await place.served.charge(place.tenant, "generate_insight", units: 9)
    #expect(try await tell("1", "invoice.payment_failed") == "suspended")
    let refused = try await place.served.ask(place.tenant, Path.deduct, #"{"featureUsed":"generate_insight"}"#)
    #expect(refused.status == 403)
    #expect(try refused.code == "organization_suspended")
    // Stripe tries again for weeks.
    #expect(try await tell("2", "invoice.payment_failed", at: 200) == "noted")
    #expect(try await tell("3", "invoice.paid", at: 300) == "restored")
    #expect(try await tell("4", "invoice.payment_succeeded", at: 300) == "noted")
    #expect(try await place.general == 41)
    let told = try await place.served.text(
      """
      SELECT string_agg(concat_ws(' ', kind, payload ->> 'reason', payload ->> 'invoiceId',
        payload ->> 'paymentEventId'), ', '
        ORDER BY event_id)
      FROM tollgate.events WHERE organization_id = '\(place.tenant.organizationID)'
      """)
    #expect(
      told == "organization_suspended payment in_\(place.name)_1 evt_\(place.name)_1, "
        + "organization_resumed payment in_\(place.name)_1 evt_\(place.name)_3")
    #expect(try await place.served.violations() == [])
  }

  /// What Stripe says in time, and how the organization is afterwards.
  struct History: Sendable, CustomTestStringConvertible {
    let told: [(type: String, invoice: String, seconds: Int64)]
    let status: String
    var testDescription: String { told.map { "\($0.type) \($0.invoice) \($0.seconds)" }.joined(separator: ", ") }
  }

  @Test(
    "in whatever order events arrive, the organization ends as the later of each invoice's say",
    arguments: [
      History(told: [("payment_failed", "1", 100), ("paid", "1", 200)], status: "active"),
      History(told: [("paid", "1", 100), ("payment_failed", "1", 200)], status: "suspended for a payment"),
      History(told: [("paid", "1", 100), ("payment_failed", "2", 200)], status: "suspended for a payment"),
      History(told: [("payment_failed", "1", 100), ("voided", "1", 100)], status: "active"),
      History(
        told: [("payment_failed", "1", 100), ("payment_failed", "2", 150), ("paid", "2", 200)],
        status: "suspended for a payment"),
      History(
        told: [("payment_failed", "1", 100), ("payment_failed", "1", 150), ("payment_succeeded", "1", 200)],
        status: "active"),
    ])
  func orders(history: History) async throws {
    for (number, order) in history.told.indices.permutations.enumerated() {
      let place = try await StripePlace()
      try await place.makeCustomerKnown()
      for index in order {
        let (type, invoice, seconds) = history.told[index]
        _ = try await place.tell(
          place.event("\(number)_\(index)", "invoice.\(type)", place.invoice(invoice), created: seconds))
      }
      #expect(try await place.status == history.status, "\(order)")
    }
    #expect(try await place.served.violations() == [])
  }

  @Test("an administrator's suspension stays, whatever is paid, and also where a payment had suspended before")
  func administratorsSuspension() async throws {
    let suspend = "SELECT tollgate.suspend_organization('\(place.tenant.organizationID)', 'abuse')"
    try await place.served.script(suspend)
    #expect(try await tell("1", "invoice.payment_failed") == "noted")
    #expect(try await tell("2", "invoice.paid", at: 200) == "noted")
    #expect(try await place.status == "suspended")
    try await place.served.script("SELECT tollgate.resume_organization('\(place.tenant.organizationID)')")
    #expect(try await tell("3", "invoice.payment_failed", "2") == "suspended")
    try await place.served.script(suspend)
    #expect(try await tell("4", "invoice.paid", "2", at: 200) == "noted")
    #expect(try await place.status == "suspended")
    #expect(try await place.served.violations() == [])
  }

  @Test("who has suspended an organization is shown, and an administrator's taking it over is an event and recorded")
  func takenOver() async throws {
    let target = "/api/v1/admin/organizations/\(place.tenant.organizationID)"
    func shown() async throws -> String? {
      let answer = try await place.served.server.call("GET", target, token: place.served.server.tokens.service())
      return try answer.json()["suspendedFor"]?.string
    }
    #expect(try await shown() == nil)
    #expect(try await tell("1", "invoice.payment_failed") == "suspended")
    #expect(try await shown() == "payment")
    let suspended = try await place.served.server.call(
      "PATCH", target, token: place.served.server.tokens.service(), body: #"{"status":"suspended","reason":"abuse"}"#)
    #expect(suspended.status == 200)
    #expect(try await shown() == "administrator")
    let own = "WHERE organization_id = '\(place.tenant.organizationID)'"
    let reasons = "SELECT string_agg(payload ->> 'reason', ', ' ORDER BY event_id) FROM tollgate.events "
    #expect(try await place.served.text(reasons + own) == "payment, abuse")
    let recorded = try await place.served.text(
      """
      SELECT string_agg(concat_ws(' ', actor_kind, before ->> 'status', before ->> 'paymentHold', '→',
        after ->> 'status', after ->> 'paymentHold'), ', ' ORDER BY number)
      FROM tollgate.audit_log \(own) AND change = 'organization.update'
      """)
    #expect(recorded == "payments active false → suspended true, service suspended true → suspended false")
    try await place.served.script("SELECT tollgate.suspend_organization('\(place.tenant.organizationID)', 'abuse')")
    #expect(try await place.served.text(reasons + own) == "payment, abuse")
    #expect(try await tell("2", "invoice.paid", at: 200) == "noted")
    #expect(try await shown() == "administrator")
    try await place.served.script("SELECT tollgate.resume_organization('\(place.tenant.organizationID)')")
    #expect(try await shown() == nil)
    #expect(try await place.served.violations() == [])
  }

  @Test("who is resumed by an administrator goes on in spite of that invoice, and not in spite of the next")
  func waived() async throws {
    #expect(try await tell("1", "invoice.payment_failed") == "suspended")
    try await place.served.script("SELECT tollgate.resume_organization('\(place.tenant.organizationID)')")
    #expect(try await place.status == "active")
    #expect(try await tell("2", "invoice.payment_failed", at: 200) == "noted")
    #expect(try await place.status == "active")
    #expect(try await tell("3", "invoice.payment_failed", "2", at: 300) == "suspended")
    #expect(try await tell("4", "invoice.paid", "2", at: 400) == "restored")
    #expect(try await place.served.violations() == [])
  }

  @Test("what came before the customer was known counts when it is, and a customer is one organization's")
  func unknownCustomer() async throws {
    let other = try await StripePlace()
    let outcome = try await other.tell(other.event("1", "invoice.payment_failed", other.invoice("1")))
    #expect(outcome == "unknown_customer")
    let checkout = other.event("2", "checkout.session.completed", other.checkout("2", pack: nil))
    #expect(try await other.tell(checkout) == "noted")
    #expect(try await other.status == "suspended for a payment")
    #expect(try await other.tell(other.event("1", "invoice.payment_failed", other.invoice("1"))) == "suspended again")
    // Another seller's word for it changes nothing.
    let taken = place.event(
      "9", "checkout.session.completed", place.checkout("9", pack: nil).replacing(place.customer, with: other.customer))
    #expect(try await place.tell(taken) == "noted")
    #expect(
      try await place.tell(place.event("10", "invoice.payment_failed", place.invoice("1", of: other.customer)))
        == "noted")
    #expect(try await place.status == "active")
    // Whoever is let go owes nothing.
    try await other.served.script(
      "SELECT tollgate.remove_payment_customer('\(other.tenant.organizationID)', '\(other.customer)')")
    #expect(try await other.status == "active")
    #expect(try await place.served.violations() == [])
  }
}

extension Range<Int> {
  /// All orders of the numbers.
  fileprivate var permutations: [[Int]] {
    reduce([[]]) { orders, number in
      orders.flatMap { order in (0...order.count).map { order[..<$0] + [number] + order[$0...] } }
    }
  }
}
