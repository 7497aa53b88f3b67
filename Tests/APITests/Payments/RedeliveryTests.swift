import Cluster
import JSON
import Testbed
import Testing

@Suite("Events that Stripe sends more than once")
struct RedeliveryTests {
  /// Sends each event at the same moment, in turn to this server and to another one at the same database, and counts the
  /// answers.
  private static func outcomes(of events: [String], _ place: StripePlace) async throws -> [String: Int] {
    let settings = try place.served.database.serverSettings()
    let other = try await onOwnThread { try TestServer(settings) }
    let servers = [place.served.server, other]
    var signed: [String: String] = [:]
    for event in Set(events) { signed[event] = try await TestStripe.signature(of: event) }
    let signatures = signed
    let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
      for (number, event) in events.enumerated() {
        group.addTask {
          let answer = try await servers[number % 2].call(
            "POST", StripePlace.path, headers: [("Stripe-Signature", signatures[event] ?? "")], body: event)
          let body = try answer.json()
          return "\(answer.status) \(body["outcome"]?.string ?? "")"
            + (body["replayed"] == .boolean(true) ? " again" : "")
        }
      }
      return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    try await onOwnThread { other.stop() }
    return outcomes
  }

  @Test("250 times at once, over two servers, it counts once")
  func once() async throws {
    let place = try await StripePlace()
    let event = place.event("1", "checkout.session.completed", place.checkout("1"))
    let outcomes = try await Self.outcomes(of: Array(repeating: event, count: 250), place)
    #expect(outcomes == ["200 topped_up": 1, "200 topped_up again": 249])
    #expect(try await place.general == 550)
    #expect(try await place.keptCount == "1")
    #expect(try await place.served.violations() == [])
  }

  @Test("twenty events of one payment count once, and a customer that they all name is learned once")
  func samePayment() async throws {
    let place = try await StripePlace()
    let events = (1...20).map { place.event("\($0)", "checkout.session.completed", place.checkout("1")) }
    let outcomes = try await Self.outcomes(of: events, place)
    #expect(outcomes == ["200 topped_up": 1, "200 topped_up_before": 19])
    #expect(try await place.general == 550)
    #expect(try await place.served.violations() == [])
  }

  @Test("failures and payments of ten invoices at once leave nobody suspended who has paid them all")
  func invoicesAtOnce() async throws {
    let place = try await StripePlace()
    try await place.makeCustomerKnown()
    let events = (1...10).flatMap { number in
      [("payment_failed", Int64(100)), ("paid", 200)].map { type, seconds in
        place.event("\(number)_\(type)", "invoice.\(type)", place.invoice("\(number)"), created: seconds)
      }
    }.shuffled()
    let outcomes = try await Self.outcomes(of: events, place)
    #expect(outcomes.values.reduce(0, +) == 20)
    #expect(outcomes["200 suspended", default: 0] == outcomes["200 restored", default: 0])
    #expect(try await place.status == "active")
    #expect(try await place.served.violations() == [])
  }
}
