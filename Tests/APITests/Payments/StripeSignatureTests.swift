import Cluster
import HTTP
import Network
import Testbed
import Testing

@testable import API

@Suite("Stripe's signatures")
struct StripeSignatureTests {
  private let place: StripePlace
  private let event: String
  private let code: String
  private let now: Int64

  init() async throws {
    let (place, now) = (try await StripePlace(), TestStripe.now)
    let event = place.event("1", "customer.created", #""id":"cus_1","name":"Zoë 😀""#)
    (self.place, self.event, self.now) = (place, event, now)
    code = try await onOwnThread { try TestStripe.code(of: Array(event.utf8), now) }
  }

  private func send(_ fields: [String], _ body: String? = nil) async throws -> RawClient.Answer {
    try await place.served.server.call(
      "POST", StripePlace.path, headers: fields.map { ("Stripe-Signature", $0) }, body: body ?? event)
  }

  @Test("what openssl has signed is taken, also beside other schemes and the code of another secret")
  func taken() async throws {
    let other = String(repeating: "0f", count: 32)
    for field in [
      "t=\(now),v1=\(code)", "v1=\(code),t=\(now)", "t=\(now),v1=\(other),v1=\(code),v0=\(other)",
      "t=\(now),v0=\(code),v2=x,v1=\(code)", "t=\(now),v1=\(code.uppercased())", "t=\(now),v1=short,v1=\(code),x=y=z",
    ] {
      #expect(try await send([field]).status == 200, "\(field)")
    }
    #expect(try await place.keptCount == "1")
  }

  @Test("whatever else is 400 invalid_signature, in the same words, and leaves nothing behind")
  func refused() async throws {
    let foreign = try await TestStripe.signature(of: event, by: TestStripe.makeSecret())
    let fields: [[String]] = [
      [], [""], ["t=\(now)"], ["v1=\(code)"], ["t=\(now),v0=\(code)"], ["t=\(now),v1=\(code.dropLast())"],
      ["t=\(now),v1=\(code)0"], ["t=\(now),v1="], ["t=\(now + 1),v1=\(code)"], ["t=0\(now),v1=\(code)"],
      ["t=\(now),t=\(now),v1=\(code)"], ["t=,v1=\(code)"], ["t=x,v1=\(code)"], ["t=-1,v1=\(code)"],
      ["t=99999999999999999999,v1=\(code)"], ["t=\(now) ,v1=\(code)"], ["t=\(now),v1=\(code),"],
      ["t=\(now);v1=\(code)"], ["T=\(now),V1=\(code)"], [code], ["v1"], [foreign],
      ["t=\(now),v1=\(code)", "t=\(now),v1=\(code)"], [String(repeating: "v1=\(code),", count: 200)],
    ]
    var bodies: Set<String> = []
    for field in fields {
      let answer = try await send(field)
      #expect(answer.status == 400, "\(field)")
      #expect(try answer.code == "invalid_signature", "\(field)")
      bodies.insert(try answer.json()["detail"]?.string ?? "")
    }
    #expect(bodies.count == 1)
    for body in [event + " ", String(event.dropLast()), event.replacing("Zoë", with: "Zoe"), "", "{}"] {
      #expect(try await send(["t=\(now),v1=\(code)"], body).status == 400)
    }
    #expect(try await place.keptCount == "0")
  }

  @Test("a signature is good for 300 seconds, either way, and says why it is not", arguments: [-290, 290, -310, 310])
  func tolerance(seconds: Int64) async throws {
    let field = try await TestStripe.signature(of: event, at: TestStripe.now + seconds)
    let answer = try await send([field])
    #expect(answer.status == (abs(seconds) < 300 ? 200 : 400))
    let requestID = try #require(answer["X-Request-Id"])
    let lines = place.served.server.log.containing(requestID)
    #expect(lines.count { $0.contains("a signed payment event was refused") } == (abs(seconds) < 300 ? 0 : 1))
    #expect(answer.body.contains("300 seconds") == (abs(seconds) > 300))
    #expect(try await place.keptCount == (abs(seconds) < 300 ? "1" : "0"))
  }

  @Test("with two secrets both are good, while one takes the other's place, and none that is gone")
  func rotation() async throws {
    let (old, new) = (TestStripe.makeSecret(), TestStripe.makeSecret())
    let settings = try place.served.database.serverSettings()
    for (setting, good) in [(old, [old]), ("\(new),\(old)", [new, old]), (new, [new])] {
      let server = try await onOwnThread { try TestServer(settings, stripeSecrets: setting) }
      for secret in [old, new] {
        let answer = try await server.call(
          "POST", StripePlace.path,
          headers: [("Stripe-Signature", try await TestStripe.signature(of: event, by: secret))],
          body: event)
        #expect(answer.status == (good.contains(secret) ? 200 : 400))
      }
      try await onOwnThread { server.stop() }
    }
  }

  @Test("a server without a secret has no such route for anybody")
  func noSecret() async throws {
    let settings = try place.served.database.serverSettings()
    let server = try await onOwnThread { try TestServer(settings, stripeSecrets: nil) }
    let answer = try await server.call(
      "POST", StripePlace.path, headers: [("Stripe-Signature", "t=\(now),v1=\(code)")], body: event)
    #expect(answer.status == 404)
    try await onOwnThread { server.stop() }
  }

  @Test("an address that guesses is refused after a while, and what Stripe has signed is not, there or elsewhere")
  func guessing() async throws {
    var rates = RequestRates()
    rates.failuresPerAddress = RequestRate("1/s burst 5")
    let field = "t=\(now),v1=\(code)"
    try await ServedDatabase.with(
      rates: rates,
      configure: {
        $0.heldAnswerSeconds = 0
        $0.trustedProxies = TrustedProxies([AddressRange("127.0.0.1")].compactMap { $0 })
      }
    ) { served in
      func send(_ signature: String, from address: String) async throws -> RawClient.Answer {
        try await served.server.call(
          "POST", StripePlace.path, headers: [("Stripe-Signature", signature), ("X-Forwarded-For", address)],
          body: event)
      }
      var answer: RawClient.Answer
      var failures = 0
      repeat {
        answer = try await send("t=\(now),v1=\(String(repeating: "0", count: 64))", from: "192.0.2.1")
        failures += 1
      } while answer.status == 400 && failures < 1_000
      #expect(failures > 5)
      #expect(try await send(field, from: "192.0.2.1").status == 200)
      #expect(answer.status == 429)
      #expect(answer["Retry-After"] == "1")
      #expect(try await send(field, from: "192.0.2.2").status == 200)
      #expect(try await served.violations() == [])
    }
  }

  @Test("an event has 256 KiB, JSON and the type of it, and is understood with whatever else is in it")
  func bodies() async throws {
    func answer(_ body: String, type: String? = "application/json; charset=utf-8") async throws -> RawClient.Answer {
      try await place.served.server.call(
        "POST", StripePlace.path, headers: [("Stripe-Signature", try await TestStripe.signature(of: body))],
        contentType: type, body: body)
    }
    let lines = #""lines":"\#(String(repeating: "x", count: 250_000))""#
    #expect(try await answer(place.event("2", "invoice.paid", lines)).status == 200)
    #expect(try await answer(place.event("3", "invoice.paid", lines + "," + lines)).status == 413)
    #expect(try await answer(event, type: "text/plain").status == 415)
    for body in [
      "", "[]", "{", "{}", event.replacing("evt_", with: " "),
      event.replacing(#""livemode":true"#, with: #""livemode":1"#),
      event.replacing(#""type":"customer.created""#, with: #""type":null"#),
      event.replacing("1795246405", with: "1.5"), event.replacing("1795246405", with: "-1"),
    ] {
      let refused = try await answer(body)
      #expect(refused.status == 400)
      #expect(try refused.code == "invalid_request", "\(body)")
      let requestID = try #require(refused["X-Request-Id"])
      let told = await place.served.server.log.first(containing: "a signed payment event was refused")
      #expect(told?.contains("warning") == true)
      #expect(place.served.server.log.containing(requestID).contains { $0.contains("was refused") }, "\(body)")
    }
    // Members that are of another type than they should be are as if they were not there.
    for (id, object) in [
      ("4", #""id":5,"customer":[],"metadata":"x""#), ("5", #""customer":{"id":"cus_\#(place.name)"}"#),
    ] {
      let expected = #""outcome":"incomplete""#
      #expect(try await answer(place.event(id, "invoice.paid", object)).body.contains(expected))
    }
    #expect(try await place.keptCount == "3")
  }

  @Test("what a customer calls itself does not matter, and an id with the character NUL in it is none")
  func characterNUL() async throws {
    for (id, object, outcome) in [
      ("1", #""id":"cus_1","name":"a\u0000b","metadata":{"x":"\u0000"}"#, "unused_type"),
      ("2", #""id":"in_\u0000","customer":"cus_\u0000""#, "incomplete"),
    ] {
      let body = place.event(id, outcome == "incomplete" ? "invoice.paid" : "customer.created", object)
      let answer = try await place.served.server.send(
        "POST", StripePlace.path, headers: [("Stripe-Signature", try await TestStripe.signature(of: body))],
        body: Array(body.utf8))
      #expect(answer.status == 200 && answer.body.contains(#""outcome":"\#(outcome)""#), "\(answer)")
    }
    #expect(try await place.keptCount == "2")
  }

  @Test(
    "a list of secrets is what it says, or none",
    arguments: [
      ("whsec_0123456789abcdef", true), ("test:whsec_0123456789abcdef", true),
      ("whsec_0123456789abcdef,test:whsec_0123456789abcdeF", true), ("", false), ("whsec_", false),
      ("whsec_0123456789abcde", false), ("0123456789abcdef0123456789", false), ("whsec_0123456789abcdef,", false),
      ("whsec_0123456789abcdef,test:whsec_0123456789abcdef", false), ("live:whsec_0123456789abcdef", false),
      ("whsec_0123456789 abcdef", false),
    ])
  func settings(setting: String, isGood: Bool) {
    #expect((StripeSecrets(setting) != nil) == isGood)
  }
}
