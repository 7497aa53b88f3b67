import Foundation
import Testbed
import Testing

@testable import API

@Suite("The dashboard's session")
struct SessionTests {
  private func signIn(_ served: ServedDatabase, _ token: String) async throws -> RawClient.Answer {
    try await served.server.call(
      "POST", Path.session, headers: CallerKind.ofThePage, body: #"{"token":"\#(token)"}"#)
  }

  @Test(
    "signing in keeps the token in a cookie that no script, no other site and no other host gets at, until it expires")
  func cookie() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let answer = try await signIn(served, tenant.token)
    #expect(answer.status == 200)
    #expect(try answer.json()["kind"]?.string == "user")
    let cookie = try #require(answer["Set-Cookie"])
    let parts = cookie.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(parts.first == "__Host-tollgate=\(tenant.token)")
    #expect(Set(parts.dropFirst(1).dropLast(1)) == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"])
    let age = try #require(parts.last?.split(separator: "=").last.flatMap { Int($0) })
    #expect((3_500...3_600).contains(age))
    #expect(answer["Cache-Control"] == "no-store")
  }

  @Test("the cookie is good for reading, with what the browser says of the page, and for nothing else")
  func reading() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let cookie = ("Cookie", "__Host-tollgate=\(tenant.token)")
    let here = ("Sec-Fetch-Site", "same-origin")
    #expect(try await served.server.call("GET", Path.balance, headers: [cookie, here]).status == 200)
    #expect(try await served.server.call("GET", Path.balance, headers: [cookie]).status == 401)
    let spending = try await served.server.call(
      "POST", Path.deduct, headers: [cookie] + CallerKind.ofThePage, body: #"{"featureUsed":"generate_goal"}"#)
    #expect(spending.status == 401)
    let guarded = try await served.server.call(
      "GET", "/api/v1/guard/generate_goal?mode=charge", headers: [cookie] + CallerKind.ofThePage)
    #expect(guarded.status == 401)
    #expect(try await served.violations() == [])
  }

  @Test("an operator's cookie changes something only with the page's own field")
  func changing() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let cookie = ("Cookie", "__Host-tollgate=\(try served.server.tokens.service())")
    let path = "/api/v1/admin/organizations/\(tenant.organizationID)"
    let change = { (fields: [(String, String)]) in
      try await served.server.call("PATCH", path, headers: [cookie] + fields, body: #"{"status":"suspended"}"#).status
    }
    #expect(try await change([CallerKind.ofThePage[0]]) == 401)
    #expect(try await change([CallerKind.ofThePage[1]]) == 401)
    #expect(try await change(CallerKind.ofThePage + [("Origin", "https://evil.example")]) == 401)
    #expect(
      try await served.text("SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'") == "active"
    )
    #expect(try await change(CallerKind.ofThePage + [("Origin", "http://localhost")]) == 200)
    #expect(
      try await served.text("SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'")
        == "suspended")
  }

  @Test("signing out takes the cookie back, and who has no token is refused without one")
  func signingOut() async throws {
    let server = try await ServedDatabase.shared().server
    let answer = try await server.call("DELETE", Path.session, headers: CallerKind.ofThePage)
    #expect(answer.status == 204)
    #expect(answer["Set-Cookie"] == "__Host-tollgate=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
    let expired = try server.tokens.sign(payload: #"{"role":"service_role","exp":1}"#)
    for token in ["garbage", expired, try APIKeyText.make().text] {
      let refused = try await server.call(
        "POST", Path.session, headers: CallerKind.ofThePage, body: #"{"token":"\#(token)"}"#)
      #expect(refused.status == 401)
      #expect(refused["Set-Cookie"] == nil)
    }
    let powerless = try await server.call(
      "POST", Path.session, headers: CallerKind.ofThePage,
      body: #"{"token":"\#(try server.tokens.mint(subject: nil, role: "anon"))"}"#)
    #expect(powerless.status == 403)
    #expect(powerless["Set-Cookie"] == nil)
  }

  @Test("a session is held to its user's rate")
  func rate() async throws {
    let rates = RequestRates(perCaller: RequestRate(perSecond: 1, burst: 3))
    try await ServedDatabase.with(rates: rates) { served in
      let tenant = try await served.makeTenant()
      let fields = [("Cookie", "__Host-tollgate=\(tenant.token)")] + CallerKind.ofThePage
      // One comes back in a second: all of them are let in only by a machine that takes 27 for them.
      let answers = try await atOnce(30) { try await served.server.call("GET", Path.balance, headers: fields) }
      #expect(Set(answers.map(\.status)) == [200, 429])
    }
  }
}
