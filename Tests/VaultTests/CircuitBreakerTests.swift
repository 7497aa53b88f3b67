import Testing
import Tokens

@testable import Vault

@Suite("when a provider is asked")
struct CircuitBreakerTests {
  private static let limits = CircuitBreaker.Limits(failures: 3, openSeconds: 5...20, requests: 4)

  private static let one = OrganizationID(bits: 1)
  private static let other = OrganizationID(bits: 2)

  /// Fails for two organizations in turn.
  private static func failing(_ count: Int, _ breaker: inout CircuitBreaker, now: Double) {
    for number in 0..<count {
      _ = breaker.admit(now: now)
      breaker.failed(for: number % 2 == 0 ? one : other, now: now)
    }
  }

  @Test("an organization alone opens it for nobody, however often it fails, before it has failed for a minute")
  func alone() {
    var breaker = CircuitBreaker(Self.limits)
    for second in 0..<59 {
      #expect(breaker.admit(now: Double(second)) == .ask)
      breaker.failed(for: Self.one, now: Double(second))
    }
    #expect(breaker.admit(now: 60) == .ask)
    breaker.failed(for: Self.one, now: 60)
    #expect(breaker.admit(now: 61) == .refuse(seconds: 4))
  }

  @Test(
    "the first failure of a second organization is enough after those of one, and an answer in between forgets both")
  func second() {
    var breaker = CircuitBreaker(Self.limits)
    for _ in 1...10 {
      _ = breaker.admit(now: 0)
      breaker.failed(for: Self.one, now: 0)
    }
    _ = breaker.admit(now: 30)
    breaker.succeeded()
    for _ in 1...10 {
      #expect(breaker.admit(now: 70) == .ask)
      breaker.failed(for: Self.one, now: 70)
    }
    #expect(breaker.admit(now: 70) == .ask)
    breaker.failed(for: Self.other, now: 70)
    #expect(breaker.admit(now: 70) == .refuse(seconds: 5))
  }

  @Test("after so many failures in a row nobody asks for a while, and not before")
  func opens() {
    var breaker = CircuitBreaker(Self.limits)
    Self.failing(2, &breaker, now: 0)
    #expect(breaker.admit(now: 0) == .ask)
    breaker.failed(for: Self.one, now: 0)
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
      breaker.failed(for: Self.one, now: now)
    }
    #expect(breaker.admit(now: now + 20) == .ask)
    breaker.succeeded()
    for _ in 1...4 { #expect(breaker.admit(now: now + 20) == .ask) }
    // And it is forgotten how often it was open.
    for organization in [Self.one, Self.other, Self.one, Self.other] {
      breaker.failed(for: organization, now: now + 20)
    }
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
    for organization in [Self.one, Self.other, Self.one, Self.other] { breaker.failed(for: organization, now: 1) }
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
