import JSON
import Testbed
import Testing

/// Behaviours C2, and "Quotas and decisions" of the interface.
@Suite("decisions/{cache}")
struct DecisionRouteTests {
  @Test("a hit costs nothing, a miss one call whose result is stored, and over the quota there is the fallback")
  func outcomes() async throws {
    let desk = try await DecisionDesk(.shared(), #""dailyQuota":2,"fallback":{"label":"unknown"}"#)
    let miss = try await desk.ask("a")
    #expect(miss.status == 200)
    #expect(try miss.json().names == ["outcome", "leaseId", "remaining", "leaseEndsAt"])
    #expect(try miss.json()["remaining"]?.integer == 1)
    let lease = try #require(try miss.json()["leaseId"]?.string)
    let stored = try await desk.store(lease, #"{"b":[1,null,"é"],"a":1e2}"#)
    #expect(stored.status == 200)
    #expect(try stored.json()["leaseId"]?.string == lease)
    for _ in 1...3 {
      #expect(try await desk.ask("a").body == #"{"outcome":"hit","value":{"b":[1,null,"é"],"a":100.0}}"#)
    }
    _ = try await desk.lease("b")
    let fallback = try await desk.ask("c")
    #expect(fallback.status == 200)
    #expect(try fallback.json().names == ["outcome", "value", "reason", "retryAfterSeconds"])
    #expect(fallback.body.hasPrefix(#"{"outcome":"fallback","value":{"label":"unknown"},"reason":"quota_reached","#))
    #expect(try (1...86_400).contains(fallback.json()["retryAfterSeconds"]?.integer ?? 0))
    #expect(try await desk.charges() == "2")
    // The charge is explained like any other.
    let charge = try await desk.served.server.call("GET", "\(Path.transactions)/\(lease)", token: desk.tenant.token)
    #expect(charge.status == 200)
    #expect(try charge.json()["metadata"]?["cache"]?.string == "prices")
  }

  @Test("null is a value, and a miss of which the answer was lost is told again under its idempotency key")
  func nullAndReplay() async throws {
    let desk = try await DecisionDesk(.shared())
    let first = try await desk.ask("a", key: "ask-1")
    let again = try await desk.ask("a", key: "ask-1")
    #expect(first["Idempotent-Replayed"] == nil && again["Idempotent-Replayed"] == "true")
    #expect(first.body == again.body)
    #expect(try await desk.ask("b", key: "ask-1").status == 422)
    let lease = try #require(try first.json()["leaseId"]?.string)
    #expect(try await desk.store(lease, "null").status == 200)
    #expect(try await desk.ask("a").body == #"{"outcome":"hit","value":null}"#)
    #expect(try await desk.ask("a", key: "ask-1").body == first.body)
    #expect(try await desk.charges() == "1")
  }

  @Test("a value has 64 KiB at the most, as JSON without white space, and a byte more is 413")
  func largest() async throws {
    let desk = try await DecisionDesk(.shared())
    let lease = try await desk.lease("a")
    let text = String(repeating: "a", count: 65_534)
    let tooLarge = try await desk.store(lease, "\"\(text)a\"")
    #expect(tooLarge.status == 413)
    #expect(try tooLarge.json()["code"]?.string == "payload_too_large")
    #expect(try await desk.store(lease, " \"\(text)\" ").status == 200)
    #expect(try await desk.ask("a").body == #"{"outcome":"hit","value":"\#(text)"}"#)
  }

  @Test("a lease that is over is 409, one that nobody was granted 404, and the same value again is 200")
  func leases() async throws {
    let desk = try await DecisionDesk(.shared())
    let lease = try await desk.lease("a")
    let first = try await desk.store(lease, #"{"a":1}"#)
    #expect(try await desk.store(lease, #"{"a":1}"#).json()["expiresAt"] == first.json()["expiresAt"])
    let another = try await desk.store(lease, #"{"a":2}"#)
    #expect(another.status == 409)
    #expect(try another.json()["code"]?.string == "lease_over")
    #expect(try await desk.giveUp(lease).body == #"{"leaseId":"\#(lease)","wasOpen":false}"#)
    for unknown in ["01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f5061", "x", "%20"] {
      #expect(try await desk.store(unknown, "1").status == 404)
      #expect(try await desk.giveUp(unknown).status == 404)
    }
    let givenUp = try await desk.lease("b")
    #expect(try await desk.giveUp(givenUp).body == #"{"leaseId":"\#(givenUp)","wasOpen":true}"#)
    #expect(try await desk.store(givenUp, "1").status == 409)
  }

  @Test("another tenant's lease and cache are like unknown ones")
  func tenants() async throws {
    let mine = try await DecisionDesk(.shared())
    let other = try await DecisionDesk(.shared())
    let lease = try await other.lease("a")
    let server = mine.served.server
    #expect(try await mine.store(lease, "1").status == 404)
    #expect(try await mine.giveUp(lease).status == 404)
    let named = #"{"key":{"title":"a"},"organizationId":"\#(other.tenant.organizationID)"}"#
    #expect(try await server.call("POST", DecisionDesk.path, token: mine.tenant.token, body: named).status == 404)
    let without = try await mine.served.makeTenant()
    let body = #"{"key":{"title":"a"}}"#
    #expect(try await server.call("POST", DecisionDesk.path, token: without.token, body: body).status == 404)
    // A trusted server names the organization.
    let service = try server.tokens.service()
    let asked = try await server.call("POST", DecisionDesk.path, token: service, body: named)
    #expect(asked.status == 429)
    #expect(try await server.call("POST", DecisionDesk.path, token: service, body: body).status == 400)
    #expect(try await other.store(lease, "1").status == 200)
    #expect(try await mine.ask("a").json()["outcome"]?.string == "miss")
  }

  @Test(
    "what is no question is refused",
    arguments: [
      (#"{}"#, 400), (#"{"key":[]}"#, 400), (#"{"key":{"title":"a"},"more":1}"#, 400),
      (#"{"key":{"title":"a"},"waitSeconds":31}"#, 400), (#"{"key":{"title":"a"},"waitSeconds":-1}"#, 400),
      (#"{"key":{}}"#, 422), (#"{"key":{"name":"a"}}"#, 422), (#"{"key":{"title":"a","b":1}}"#, 422),
      (#"{"key":{"title":1.0}}"#, 422), (#"{"key":{"title":["a"]}}"#, 422),
    ])
  func refused(body: String, status: Int) async throws {
    let desk = try await DecisionDesk(.shared())
    let answer = try await desk.served.server.call("POST", DecisionDesk.path, token: desk.tenant.token, body: body)
    #expect(answer.status == status)
    #expect(try await desk.charges() == "0")
  }
}
