import Testing

@testable import Vault

@Suite("when a provider is asked")
struct CircuitBreakerTests {
  private static let limits = CircuitBreaker.Limits(failures: 3, openSeconds: 5...20, requests: 4)

  private static func failing(_ count: Int, _ breaker: inout CircuitBreaker, now: Double) {
    for _ in 0..<count {
      _ = breaker.admit(now: now)
      breaker.failed(now: now)
    }
  }

  @Test("after so many failures in a row nobody asks for a while, and not before")
  func opens() {
    var breaker = CircuitBreaker(Self.limits)
    Self.failing(2, &breaker, now: 0)
    #expect(breaker.admit(now: 0) == .ask)
    breaker.failed(now: 0)
    #expect(breaker.admit(now: 1) == .refuse(seconds: 4))
    #expect(breaker.admit(now: 4.5) == .refuse(seconds: 0.5))
  }

  @Test("an answer in between begins the count anew")
  func counts() {
    var breaker = CircuitBreaker(Self.limits)
    for _ in 1...5 {
      Self.failing(2, &breaker, now: 0)
      #expect(breaker.admit(now: 0) == .ask)
      breaker.succeeded()
    }
  }

  @Test("then one tries for all: a success lets everybody in, a failure keeps them out for twice as long, to a limit")
  func tries() {
    var breaker = CircuitBreaker(Self.limits)
    Self.failing(3, &breaker, now: 0)
    var now = 0.0
    for wait in [5.0, 10, 20, 20] {
      now += wait
      #expect(breaker.admit(now: now - 0.001) != .ask)
      #expect(breaker.admit(now: now) == .ask)
      #expect(breaker.admit(now: now) == .refuse(seconds: 1))
      breaker.failed(now: now)
    }
    #expect(breaker.admit(now: now + 20) == .ask)
    breaker.succeeded()
    for _ in 1...4 { #expect(breaker.admit(now: now + 20) == .ask) }
    // And it is forgotten how often it was open.
    for _ in 1...4 { breaker.failed(now: now + 20) }
    #expect(breaker.admit(now: now + 20) == .refuse(seconds: 5))
  }

  @Test("whoever tries and then does not ask lets another one try")
  func cancels() {
    var breaker = CircuitBreaker(Self.limits)
    Self.failing(3, &breaker, now: 0)
    #expect(breaker.admit(now: 6) == .ask)
    breaker.cancelled()
    #expect(breaker.admit(now: 6) == .ask)
  }

  @Test("requests that were under way when it opened do not keep it open for longer")
  func late() {
    var breaker = CircuitBreaker(Self.limits)
    for _ in 1...4 { #expect(breaker.admit(now: 0) == .ask) }
    for _ in 1...4 { breaker.failed(now: 1) }
    #expect(breaker.admit(now: 6) == .ask)
  }

  @Test("not more than so many ask at the same time, which does not make the provider out of order")
  func manyAtOnce() {
    var breaker = CircuitBreaker(Self.limits)
    for _ in 1...4 { #expect(breaker.admit(now: 0) == .ask) }
    #expect(breaker.admit(now: 0) == .busy)
    #expect(breaker.refusalSeconds(now: 0) == nil)
    breaker.cancelled()
    #expect(breaker.admit(now: 0) == .ask)
  }

  @Test("whoever only wants to know whether it is open takes nobody's turn")
  func looks() {
    var breaker = CircuitBreaker(Self.limits)
    for _ in 1...100 { #expect(breaker.refusalSeconds(now: 0) == nil) }
    Self.failing(3, &breaker, now: 0)
    #expect(breaker.refusalSeconds(now: 1) == 4)
    for _ in 1...100 { #expect(breaker.refusalSeconds(now: 6) == nil) }
    #expect(breaker.admit(now: 6) == .ask)
    #expect(breaker.refusalSeconds(now: 6) == 1)
  }
}
