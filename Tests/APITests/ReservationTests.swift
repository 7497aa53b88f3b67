import JSON
import Testbed
import Testing

@Suite("/api/v1/reservations")
struct ReservationTests {
  private let served: ServedDatabase
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("what is reserved is held for five minutes, and nobody else can spend it")
  func reserve() async throws {
    let answer = try await served.ask(
      tenant, Path.reservations, #"{"featureUsed":"generate_goal","units":6,"eventId":"e","metadata":{"a":1}}"#)
    #expect(answer.status == 201)
    let id = try #require(try answer.json()["reservationId"]?.string)
    let expiresAt = try #require(try answer.json()["expiresAt"]?.string)
    #expect(
      answer.body == #"{"reservationId":"\#(id)","status":"open","organizationId":"\#(tenant.organizationID)","#
        + #""tokenType":"goal_generation","featureUsed":"generate_goal","units":6,"amount":18,"#
        + #""expiresAt":"\#(expiresAt)","balance":20,"reserved":18,"available":2,"state":"critical"}"#)
    let refused = try await served.ask(tenant, Path.deduct, #"{"featureUsed":"generate_goal"}"#)
    #expect(refused.status == 402)
    #expect(try refused.json()["detail"]?.string == "Insufficient tokens. Need 3, have 2")
    #expect(try refused.json()["balance"]?.integer == 20)
    let read = try await self.read(id).json()
    #expect(read["status"]?.string == "open")
    #expect(read["amount"]?.integer == 18)
    #expect(read["units"]?.integer == 6)
    #expect(read["userId"]?.string == tenant.userID)
    #expect(read["eventId"]?.string == "e")
    #expect(read["metadata"] == .object(try parsed(#"{"a":1}"#)))
    #expect(read["expiresAt"]?.string == expiresAt)
    #expect(read["finishedAt"] == .null)
    let createdAt = try #require(read["createdAt"]?.string)
    #expect(try await served.text("SELECT '\(createdAt)'::timestamptz + interval '300 s' = '\(expiresAt)'") == "t")
    #expect(try await served.violations() == [])
  }

  @Test("a capture charges what was held, and can be refunded like a charge")
  func capture() async throws {
    let id = try await hold(#""featureUsed":"generate_goal","units":2"#)
    // The body may be left out.
    let answer = try await served.ask(tenant, path(id, "capture"), nil)
    #expect(answer.status == 200)
    let charge = try #require(try answer.json()["transactionId"]?.string)
    let createdAt = try #require(try answer.json()["createdAt"]?.string)
    #expect(
      answer.body == #"{"reservationId":"\#(id)","status":"captured","organizationId":"\#(tenant.organizationID)","#
        + #""tokenType":"goal_generation","transactionId":"\#(charge)","captured":6,"released":0,"balance":14,"#
        + #""reserved":0,"available":14,"state":"safe","createdAt":"\#(createdAt)"}"#)
    #expect(
      try await served.ledger("amount, balance_before, balance_after, feature_used, units", of: charge)
        == "-6|20|14|generate_goal|2")
    let read = try await self.read(id).json()
    #expect(read["status"]?.string == "captured")
    #expect(read["captured"]?.integer == 6)
    #expect(read["transactionId"]?.string == charge)
    #expect(read["finishedAt"]?.string == createdAt)
    let refund = try await served.ask(tenant, Path.refund, #"{"transactionId":"\#(charge)"}"#)
    #expect(try refund.json()["balanceAfter"]?.integer == 20)
    #expect(try await served.violations() == [])
  }

  @Test("capturing less lets the rest go")
  func captureLess() async throws {
    let id = try await hold(#""tokenType":"general","amount":12"#)
    let answer = try await served.ask(tenant, path(id, "capture"), #"{"amount":7}"#).json()
    #expect(answer["captured"]?.integer == 7)
    #expect(answer["released"]?.integer == 5)
    #expect(answer["available"]?.integer == 43)
    #expect(try await read(id).json()["featureUsed"] == .null)
    #expect(try await served.violations() == [])
  }

  @Test("capturing more is charged if the balance allows, else 402 and the reservation stays")
  func captureMore() async throws {
    let id = try await hold(#""featureUsed":"generate_goal""#)
    let refused = try await served.ask(tenant, path(id, "capture"), #"{"amount":21}"#)
    #expect(refused.status == 402)
    #expect(try refused.json()["requiredTokens"]?.integer == 21)
    #expect(try refused.json()["availableTokens"]?.integer == 20)
    #expect(try refused.json()["deficit"]?.integer == 1)
    #expect(try refused.json()["featureUsed"] == .null)
    let refusal = try #require(try refused.json()["transactionId"]?.string)
    #expect(try await served.ledger("kind, required", of: refusal) == "refusal|21")
    #expect(try await read(id).json()["status"]?.string == "open")
    let answer = try await served.ask(tenant, path(id, "capture"), #"{"amount":20}"#)
    #expect(try answer.json()["balance"]?.integer == 0)
    #expect(try answer.json()["released"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a release lets go, and what is finished is 409 from then on")
  func release() async throws {
    for finish in ["release", "capture"] {
      let id = try await hold(#""featureUsed":"generate_goal""#)
      let answer = try await served.ask(tenant, path(id, finish), "{}")
      #expect(answer.status == 200)
      for (next, body) in [("release", "{}"), ("capture", "{}"), ("extend", #"{"ttlSeconds":5}"#)] {
        let again = try await served.ask(tenant, path(id, next), body)
        #expect(again.status == 409)
        #expect(try again.code == "reservation_closed")
      }
    }
    let balance = try await served.balance(tenant, "goal_generation")
    #expect(balance["balance"]?.integer == 17)
    #expect(balance["reserved"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a release answers what is available again")
  func released() async throws {
    let id = try await hold(#""featureUsed":"generate_goal","units":3"#)
    let answer = try await served.ask(tenant, path(id, "release"), "{}")
    #expect(
      answer.body == #"{"reservationId":"\#(id)","status":"released","organizationId":"\#(tenant.organizationID)","#
        + #""tokenType":"goal_generation","released":9,"balance":20,"reserved":0,"available":20,"state":"safe"}"#)
    #expect(try await read(id).json()["status"]?.string == "released")
  }

  @Test("an extension counts from now")
  func extend() async throws {
    let id = try await hold(#""featureUsed":"generate_goal","ttlSeconds":60"#)
    let answer = try await served.ask(tenant, path(id, "extend"), #"{"ttlSeconds":86400}"#)
    #expect(answer.status == 200)
    let body = try answer.json()
    let expiresAt = try #require(body["expiresAt"]?.string)
    #expect(body["reservationId"]?.string == id)
    #expect(body["amount"]?.integer == 3)
    #expect(body["reserved"]?.integer == 3)
    #expect(
      try await served.text("SELECT '\(expiresAt)'::timestamptz - now() BETWEEN '86300 s' AND '86400 s'") == "t")
    #expect(try await read(id).json()["expiresAt"]?.string == expiresAt)
  }

  @Test("what nobody captures in time comes back by itself, and is 409")
  func expiry() async throws {
    let held = try await served.ask(tenant, Path.reservations, #"{"featureUsed":"generate_goal","ttlSeconds":1}"#)
      .json()
    #expect(held["reserved"]?.integer == 3)
    let id = try #require(held["reservationId"]?.string)
    let deadline = ContinuousClock.now + .seconds(30)
    while try await read(id).json()["status"]?.string == "open", ContinuousClock.now < deadline {}
    let read = try await self.read(id).json()
    #expect(read["status"]?.string == "expired")
    #expect(read["finishedAt"] == read["expiresAt"])
    #expect(try await served.balance(tenant, "goal_generation")["reserved"]?.integer == 0)
    for (next, body) in [("capture", "{}"), ("release", "{}"), ("extend", #"{"ttlSeconds":5}"#)] {
      #expect(try await served.ask(tenant, path(id, next), body).status == 409)
    }
    #expect(try await self.read(id).json()["status"]?.string == "expired")
    #expect(try await served.balance(tenant, "goal_generation")["available"]?.integer == 20)
    #expect(try await served.violations() == [])
  }

  @Test("with a key reserving, capturing and releasing happen once and are answered with the same bytes")
  func replay() async throws {
    let body = #"{"featureUsed":"generate_goal"}"#
    let held = try await atOnce(8) { [self] in try await served.ask(tenant, Path.reservations, body, key: "r") }
    #expect(held.allSatisfy { $0.status == 201 })
    #expect(Set(held.map(\.body)).count == 1)
    #expect(held.count { $0["Idempotent-Replayed"] == nil } == 1)
    let id = try #require(try held[0].json()["reservationId"]?.string)
    let captured = try await atOnce(8) { [self] in try await served.ask(tenant, path(id, "capture"), nil, key: "c") }
    #expect(captured.allSatisfy { $0.status == 200 })
    #expect(Set(captured.map(\.body)).count == 1)
    #expect(captured.count { $0["Idempotent-Replayed"] == nil } == 1)
    #expect(try await served.ask(tenant, path(id, "capture"), nil).status == 409)
    let other = try await hold(#""featureUsed":"generate_goal""#)
    #expect(try await served.ask(tenant, path(other, "capture"), nil, key: "c").code == "idempotency_key_reused")
    #expect(try await served.balance(tenant, "goal_generation")["balance"]?.integer == 17)
    #expect(try await served.violations() == [])
  }

  @Test("too few tokens are 402, and are remembered under the key")
  func insufficient() async throws {
    let body = #"{"tokenType":"general","amount":51}"#
    let first = try await served.ask(tenant, Path.reservations, body, key: "k", requestID: "one")
    #expect(first.status == 402)
    #expect(try first.json()["featureUsed"] == .null)
    _ = try await served.topUp(tenant, "general", 500, payment: "pi_1")
    let again = try await served.ask(tenant, Path.reservations, body, key: "k", requestID: "one")
    #expect(again.body == first.body)
    #expect(again["Idempotent-Replayed"] == "true")
  }

  @Test("another tenant's reservation is 404 everywhere, the same as one that does not exist")
  func strangers() async throws {
    let id = try await hold(#""featureUsed":"generate_goal""#)
    let other = try await served.makeTenant()
    var bodies: Set<String> = []
    for id in [id, "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f5061", "x"] {
      for named in ["{}", #"{"organizationId":"\#(tenant.organizationID)"}"#] {
        for step in ["capture", "release"] {
          let answer = try await served.ask(other, path(id, step), named, requestID: "the-same")
          #expect(answer.status == 404)
          bodies.insert(answer.body)
        }
      }
      for query in ["", "?organizationId=\(tenant.organizationID)"] {
        let answer = try await served.server.call(
          "GET", path(id) + query, token: other.token, headers: [("X-Request-Id", "the-same")])
        #expect(answer.status == 404)
        bodies.insert(answer.body)
      }
      let extended = try await served.ask(other, path(id, "extend"), #"{"ttlSeconds":5}"#, requestID: "the-same")
      #expect(extended.status == 404)
      bodies.insert(extended.body)
    }
    #expect(bodies.count == 1)
    #expect(try await read(id).json()["status"]?.string == "open")
  }

  @Test("a trusted server names the organization, in the query where there is no body")
  func service() async throws {
    let named = #""organizationId":"\#(tenant.organizationID)""#
    let held = try await served.askAsService(Path.reservations, #"{\#(named),"featureUsed":"generate_goal"}"#)
    let id = try #require(try held.json()["reservationId"]?.string)
    let token = try served.server.tokens.service()
    #expect(try await served.server.call("GET", path(id), token: token).status == 400)
    let read = try await served.server.call(
      "GET", path(id) + "?organizationId=\(tenant.organizationID)", token: token)
    #expect(try read.json()["userId"] == .null)
    #expect(try await served.askAsService(path(id, "capture"), nil).status == 400)
    #expect(try await served.askAsService(path(id, "capture"), "{\(named)}").status == 200)
  }

  @Test(
    "what is no reservation is refused",
    arguments: [
      ("{}", 400, "invalid_request"),
      (#"{"featureUsed":"generate_goal","tokenType":"general"}"#, 400, "invalid_request"),
      (#"{"featureUsed":"generate_goal","amount":5}"#, 400, "invalid_request"),
      (#"{"tokenType":"general"}"#, 400, "invalid_request"),
      (#"{"tokenType":"general","amount":5,"units":1}"#, 400, "invalid_request"),
      (#"{"featureUsed":"generate_goal","ttlSeconds":0}"#, 400, "invalid_request"),
      (#"{"featureUsed":"generate_goal","ttlSeconds":86401}"#, 400, "invalid_request"),
      (#"{"featureUsed":"fly"}"#, 422, "unknown_feature"),
      (#"{"tokenType":"gold","amount":5}"#, 422, "unknown_token_type"),
      (#"{"tokenType":"general","amount":0}"#, 422, "amount_out_of_range"),
      (#"{"featureUsed":"generate_goal","units":0}"#, 422, "amount_out_of_range"),
      (#"{"featureUsed":"generate_goal","units":{"input":1}}"#, 422, "invalid_units"),
    ])
  func refused(body: String, status: Int, code: String) async throws {
    let answer = try await served.ask(tenant, Path.reservations, body)
    #expect(answer.status == status)
    #expect(try answer.code == code)
  }

  @Test("a body needs its type also where it may be left out")
  func contentType() async throws {
    let id = try await hold(#""featureUsed":"generate_goal""#)
    let answer = try await served.server.call(
      "POST", path(id, "release"), token: tenant.token, contentType: nil, body: "{}")
    #expect(answer.status == 415)
    #expect(try await served.ask(tenant, path(id, "release"), #"{"amount":1}"#).status == 400)
  }

  @Test("what is free can be held, captured and given back without a balance, which a refusal does not make")
  func free() async throws {
    let refused = try await served.ask(tenant, Path.reservations, #"{"featureUsed":"deep_dive_educational"}"#)
    #expect(refused.status == 402)
    let count = "SELECT count(*) FROM public.ai_tokens WHERE organization_id = '\(tenant.organizationID)'"
    #expect(try await served.text(count) == "5")
    let id = try await hold(#""featureUsed":"headline_pick""#)
    let captured = try await served.ask(tenant, path(id, "capture"), nil)
    #expect(captured.status == 200)
    let charge = try #require(try captured.json()["transactionId"]?.string)
    let refund = try await served.ask(tenant, Path.refund, #"{"transactionId":"\#(charge)"}"#)
    #expect(refund.status == 409)
    #expect(try refund.code == "already_refunded")
    let other = try await hold(#""featureUsed":"headline_pick""#)
    #expect(try await served.ask(tenant, path(other, "release"), nil).status == 200)
    #expect(try await served.violations() == [])
  }

  @Test("metadata comes back also with numbers beyond 64 bits")
  func largeNumbers() async throws {
    let id = try await hold(#""tokenType":"general","amount":1,"metadata":{"seen":1e20,"kept":"yes"}"#)
    let answer = try await served.server.send("GET", path(id), token: tenant.token)
    #expect(answer.body.contains(#""seen": 100000000000000000000"#))
    #expect(answer.body.contains(#""kept": "yes""#))
  }

  private func path(_ id: String, _ step: String? = nil) -> String {
    "\(Path.reservations)/\(id)" + (step.map { "/\($0)" } ?? "")
  }

  private func hold(_ members: String) async throws -> String {
    let answer = try await served.ask(tenant, Path.reservations, "{\(members)}")
    #expect(answer.status == 201)
    return try #require(try answer.json()["reservationId"]?.string)
  }

  private func read(_ id: String) async throws -> RawClient.Answer {
    try await served.server.call("GET", path(id), token: tenant.token)
  }

  private func parsed(_ text: String) throws -> JSONObject {
    guard case .object(let object) = try parseJSON(Array(text.utf8)) else { return JSONObject() }
    return object
  }
}
