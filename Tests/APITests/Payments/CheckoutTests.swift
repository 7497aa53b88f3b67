import Foundation
import Testbed
import Testing

@Suite("Stripe's checkouts")
struct CheckoutTests {
  private let place: StripePlace

  init() async throws { place = try await StripePlace() }

  @Test("a paid pack tops up under the payment's id, whatever tells of it, and by hand it counts no second time")
  func paid() async throws {
    let completed = place.event("1", "checkout.session.completed", place.checkout("1"))
    #expect(try await place.tell(completed) == "topped_up")
    #expect(try await place.tell(completed) == "topped_up again")
    let later = place.event("2", "checkout.session.async_payment_succeeded", place.checkout("1"))
    #expect(try await place.tell(later) == "topped_up_before")
    let byHand = try await place.served.topUp(place.tenant, "general", 500, payment: place.payment("1"))
    #expect(byHand.status == 201 && byHand["Idempotent-Replayed"] == "true")
    #expect(try await place.general == 550)
    #expect(try await place.served.balance(place.tenant, "general")["purchased"]?.integer == 500)
    #expect(try await place.served.violations() == [])
  }

  @Test("a payment that was counted by hand counts no second time, and as another top-up it is a conflict")
  func byHandFirst() async throws {
    _ = try await place.served.topUp(place.tenant, "general", 500, payment: place.payment("1"))
    _ = try await place.served.topUp(place.tenant, "general", 7, payment: place.payment("2"))
    let outcomes = try await [
      place.tell(place.event("1", "checkout.session.completed", place.checkout("1"))),
      place.tell(place.event("2", "checkout.session.completed", place.checkout("2"))),
    ]
    #expect(outcomes == ["topped_up_before", "payment_conflict"])
    #expect(try await place.general == 557)
    #expect(try await place.served.violations() == [])
  }

  @Test("what is not paid counts when it is")
  func unpaid() async throws {
    for (id, status) in [("1", "unpaid"), ("2", "PAID")] {
      let event = place.event(id, "checkout.session.completed", place.checkout("1", status: status))
      #expect(try await place.tell(event) == "not_paid")
    }
    #expect(try await place.general == 50)
    let paid = place.event("3", "checkout.session.async_payment_succeeded", place.checkout("1"))
    #expect(try await place.tell(paid) == "topped_up")
    #expect(try await place.general == 550)
    #expect(try await place.served.violations() == [])
  }

  @Test("what discounts leave nothing to pay of is given, once, where it comes to the price before them")
  func discounted() async throws {
    let pack = "priced_\(place.name)"
    try await place.served.script("SELECT tollgate.set_payment_pack('\(pack)', 'general', 3, 1900, 'eur')")
    func free(_ id: String, subtotal: Int) -> String {
      let object =
        #""id":"cs_\#(place.name)_\#(id)","payment_status":"no_payment_required","payment_intent":null,"#
        + #""amount_subtotal":\#(subtotal),"amount_total":0,"currency":"eur","metadata":{"tollgate_pack":"\#(pack)","#
        + #""tollgate_organization_id":"\#(place.tenant.organizationID)"}"#
      return place.event(id, "checkout.session.completed", object)
    }
    #expect(try await place.tell(free("1", subtotal: 1900)) == "topped_up")
    #expect(try await place.tell(free("1", subtotal: 1900)) == "topped_up again")
    // A trial, for instance: nothing is paid, and nothing would be.
    #expect(try await place.tell(free("2", subtotal: 0)) == "price_mismatch")
    #expect(try await place.general == 53)
    #expect(try await place.served.violations() == [])
  }

  @Test("tokens are the pack's, never the checkout's: an unknown pack waits until it is made and told again")
  func unknownPack() async throws {
    let pack = "pack_\(place.name)"
    let asking = place.checkout("1", pack: pack, more: #""tokens":1000000,"amount":1000000,"quantity":9,"#)
    let event = place.event("1", "checkout.session.completed", asking)
    #expect(try await place.tell(event) == "unknown_pack")
    #expect(try await place.tell(event) == "unknown_pack")
    #expect(try await place.general == 50)
    try await place.served.script("SELECT tollgate.set_payment_pack('\(pack)', 'general', 3)")
    #expect(try await place.tell(event) == "topped_up")
    #expect(try await place.tell(event) == "topped_up again")
    #expect(try await place.general == 53)
    let logged = try #require(place.served.server.log.all.first { $0.contains("evt_\(place.name)_1") })
    #expect(logged.contains("warning") && logged.contains("unknown_pack"))
    #expect(try await place.served.violations() == [])
  }

  @Test(
    "a pack with a price is given for that price and not for less, discounts of the seller's aside",
    arguments: [
      (#""amount_subtotal":1900,"amount_total":1900,"currency":"eur""#, "topped_up"),
      (#""amount_subtotal":1900,"amount_total":950,"currency":"eur""#, "topped_up"),
      (#""amount_subtotal":1597,"amount_total":1900,"currency":"eur""#, "topped_up"),
      (#""amount_subtotal":1899,"amount_total":1899,"currency":"eur""#, "price_mismatch"),
      (#""amount_subtotal":1900,"amount_total":1900,"currency":"jpy""#, "price_mismatch"),
      (#""amount_subtotal":1900.5,"amount_total":null,"currency":"eur""#, "price_mismatch"),
      (#""amount_total":1900"#, "price_mismatch"),
    ])
  func price(amounts: String, outcome: String) async throws {
    let pack = "priced_\(place.name)"
    try await place.served.script("SELECT tollgate.set_payment_pack('\(pack)', 'general', 3, 1900, 'eur')")
    let object =
      #""id":"cs_\#(place.name)","payment_status":"paid","metadata":{"tollgate_pack":"\#(pack)","#
      + #""tollgate_organization_id":"\#(place.tenant.organizationID)"},\#(amounts)"#
    #expect(try await place.tell(place.event("1", "checkout.session.completed", object)) == outcome)
    #expect(try await place.general == (outcome == "topped_up" ? 53 : 50))
    #expect(try await place.served.violations() == [])
  }

  @Test("a payment link is a pack, and its buyer says in client_reference_id for whom, which makes nobody a customer")
  func paymentLink() async throws {
    let link = "plink_\(place.name)"
    try await place.served.script("SELECT tollgate.set_payment_pack('\(link)', 'general', 20)")
    let more = #""payment_link":"\#(link)","client_reference_id":"\#(place.tenant.organizationID)","#
    let bought = place.event(
      "1", "checkout.session.completed", place.checkout("1", pack: nil, naming: false, more: more))
    #expect(try await place.tell(bought) == "topped_up")
    #expect(try await place.general == 70)
    // Who pays for somebody must not be able to suspend them afterwards.
    let failed = place.event("2", "invoice.payment_failed", place.invoice("1"))
    #expect(try await place.tell(failed) == "unknown_customer")
    #expect(try await place.status == "active")
    #expect(try await place.served.violations() == [])
  }

  @Test("who cannot be found waits, also when the seller's word for it is misspelt and the buyer's is not")
  func unknownOrganization() async throws {
    let nobody = #""metadata":{"tollgate_pack":"tokens_500"}"#
    let misspelt =
      #""client_reference_id":"\#(place.tenant.organizationID)","metadata":{"tollgate_organization_id":"x","#
      + #""tollgate_pack":"tokens_500"}"#
    let stranger =
      #""metadata":{"tollgate_organization_id":"3f1b7c9e-0000-4000-8000-00000000000f","tollgate_pack":"tokens_500"}"#
    for (id, named) in [("1", nobody), ("2", misspelt), ("3", stranger)] {
      let object = #""id":"cs_\#(place.name)_\#(id)","payment_status":"paid",\#(named)"#
      let outcome = try await place.tell(place.event(id, "checkout.session.completed", object))
      #expect(outcome == "unknown_organization")
    }
    #expect(try await place.general == 50)
  }

  @Test("a pack for a customer that is nobody's yet is given when the customer is known, without being told again")
  func waitingForCustomer() async throws {
    let bought = place.event("1", "checkout.session.completed", place.checkout("1", naming: false))
    #expect(try await place.tell(bought) == "unknown_organization")
    #expect(try await place.general == 50)
    try await place.makeCustomerKnown()
    #expect(try await place.general == 550)
    #expect(try await place.tell(bought) == "topped_up again")
    #expect(try await place.served.violations() == [])
  }

  @Test("whose organization is made after the checkout gets the pack once, when it is told again")
  func waitingForOrganization() async throws {
    let later = UUID().uuidString.lowercased()
    let checkout = place.checkout("1").replacing(place.tenant.organizationID, with: later)
    let bought = place.event("1", "checkout.session.completed", checkout)
    #expect(try await place.tell(bought) == "unknown_organization")
    try await place.served.script(
      "INSERT INTO public.organizations (id, name, plan) VALUES ('\(later)', 'Later', 'pro')")
    #expect(try await place.tell(bought) == "topped_up")
    let purchased = "SELECT sum(amount) FROM tollgate.token_packs WHERE organization_id = '\(later)'"
    #expect(try await place.served.text(purchased) == "500")
    #expect(try await place.served.violations() == [])
  }

  @Test("a checkout of something else is none of ours, and one of a subscription says whose the customer is")
  func otherCheckouts() async throws {
    let link = #""id":"cs_\#(place.name)","payment_status":"paid","payment_link":"plink_of_shirts""#
    #expect(try await place.tell(place.event("1", "checkout.session.completed", link)) == "no_pack")
    let subscribed = place.event("2", "checkout.session.completed", place.checkout("2", pack: nil))
    #expect(try await place.tell(subscribed) == "noted")
    #expect(
      try await place.tell(place.event("3", "invoice.payment_failed", place.invoice("1"))) == "suspended")
    #expect(try await place.status == "suspended for a payment")
    #expect(try await place.served.violations() == [])
  }

  @Test("a live event that came by a secret for test mode is warned of, and counts as the right secret tells it")
  func otherMode() async throws {
    let forged = place.event("1", "checkout.session.completed", place.checkout("1", pack: "tokens_2000"))
    #expect(try await place.tell(forged, by: TestStripe.testSecret) == "other_mode")
    let live = place.event("1", "checkout.session.completed", place.checkout("1"))
    #expect(try await place.tell(live, by: TestStripe.testSecret) == "other_mode")
    let logged = try #require(await place.served.server.log.first(containing: "evt_\(place.name)_1"))
    #expect(logged.contains("warning") && logged.contains("other_mode"))
    #expect(try await place.tell(live) == "topped_up")
    #expect(try await place.tell(live, by: TestStripe.testSecret) == "topped_up again")
    #expect(try await place.general == 550)
    // Of test mode nobody needs to hear.
    let test = place.event("2", "checkout.session.completed", place.checkout("2"), isLive: false)
    #expect(try await place.tell(test) == "other_mode")
    #expect(place.served.server.log.containing("evt_\(place.name)_2").isEmpty)
    #expect(try await place.served.violations() == [])
  }

  @Test("test mode, connected accounts and types that mean nothing here do not count")
  func ignored() async throws {
    let checkout = place.checkout("1")
    let test = place.event("1", "checkout.session.completed", checkout, isLive: false)
    #expect(try await place.tell(test) == "other_mode")
    let live = place.event("2", "checkout.session.completed", checkout)
    #expect(try await place.tell(live, by: TestStripe.testSecret) == "other_mode")
    let connected = place.event("3", "checkout.session.completed", checkout, more: #""account":"acct_1","#)
    #expect(try await place.tell(connected) == "other_account")
    for (number, type) in ["charge.refunded", "charge.dispute.created", "v1.invoice.paid", "x"].enumerated() {
      #expect(try await place.tell(place.event("4\(number)", type, checkout)) == "unused_type")
    }
    #expect(try await place.general == 50)
    // A secret for test mode counts test events, for who tries it out.
    let tried = place.event("5", "checkout.session.completed", checkout, isLive: false)
    #expect(try await place.tell(tried, by: TestStripe.testSecret) == "topped_up")
    #expect(try await place.general == 550)
    #expect(try await place.keptCount == "8")
    #expect(try await place.served.violations() == [])
  }
}
