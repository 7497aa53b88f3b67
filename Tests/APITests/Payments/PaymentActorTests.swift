import JSON
import Testbed
import Testing

@Suite("Who the audit log says made a payment's changes")
struct PaymentActorTests {
  @Test("Stripe's events are of a kind that no token has, one for \"stripe\" neither")
  func stripe() async throws {
    let place = try await StripePlace()
    try await place.makeCustomerKnown()
    let server = place.served.server
    let token = try server.tokens.mint(subject: "stripe", role: "service_role")
    let target = "/api/v1/admin/organizations/\(place.tenant.organizationID)"
    #expect(try await server.call("PATCH", target, token: token, body: #"{"status":"suspended"}"#).status == 200)
    #expect(try await server.call("PATCH", target, token: token, body: #"{"status":"active"}"#).status == 200)
    #expect(try await place.tell(place.event("1", "invoice.payment_failed", place.invoice("1"))) == "suspended")
    #expect(try await place.tell(place.event("2", "checkout.session.completed", place.checkout("2"))) == "topped_up")
    let page = try await server.call(
      "GET", "/api/v1/admin/audit?organizationId=\(place.tenant.organizationID)&actor=stripe", token: token
    ).json()
    let told = try #require(page["data"]?.array).map { record in
      [record["actor"]?["kind"], record["actor"]?["id"], record["change"]].map { $0?.string ?? "" }
        .joined(separator: " ")
    }
    #expect(
      told == [
        "payments stripe balance.top_up", "payments stripe organization.update", "service stripe organization.update",
        "service stripe organization.update",
      ])
    #expect(try await place.served.violations() == [])
  }
}
