import Cluster
import HTTP
import JSON
import Network
import Testbed
import Testing

@testable import API

@Suite("too many requests")
struct RateLimitTests {
  @Test("a caller has its rate, says so in each answer, and is told when to come again")
  func caller() async throws {
    let rates = RequestRates(perCaller: RequestRate("1/s burst 3"))
    try await ServedDatabase.with(rates: rates, configure: { $0.heldAnswerSeconds = 0 }) { served in
      let tenant = try await served.makeTenant()
      var answers: [RawClient.Answer] = []
      // However slow the machine is: it asks until it is refused.
      repeat {
        answers.append(try await served.ask(tenant, Path.deduct, #"{"featureUsed":"generate_insight"}"#))
      } while answers.last?.status != 429
      #expect(answers.count >= 4)
      #expect(answers.dropLast().allSatisfy { $0.status == 200 })
      for answer in answers { #expect(answer["RateLimit-Policy"] == #""caller";q=3;w=3"#) }
      #expect(answers[0]["RateLimit"] == #""caller";r=2;t=1"#)
      let refused = try #require(answers.last)
      #expect(refused["RateLimit"] == #""caller";r=0;t=1"#)
      #expect(refused["Retry-After"] == "1")
      let body = try refused.json()
      #expect(body["code"]?.string == "rate_limited")
      #expect(body["retryAfterSeconds"]?.integer == 1)
      let description = try Description.embedded.get()
      #expect(try description.faults(in: refused, to: "POST", Path.deduct) == [])
      let old = try await served.ask(tenant, Path.checkBalance, tenant.asking("generate_goal"))
      if old.status == 429 {
        #expect(try description.faults(in: old, to: "POST", Path.checkBalance) == [])
        #expect(try old.json()["error"]?.string == "Too many requests with these credentials.")
      }
      // What was refused left no trace: neither charge nor recorded refusal.
      let granted = answers.count { $0.status == 200 }
      let rows = try await served.text(
        "SELECT count(*) FROM tollgate.ledger WHERE organization_id = '\(tenant.organizationID)' AND kind <> 'allocation'"
      )
      #expect(rows == "\(granted)")
      #expect(try await served.violations() == [])
    }
  }

  @Test("one organization's flood takes nothing from another, nor from a trusted server")
  func organizations() async throws {
    let rates = RequestRates(perOrganization: RequestRate("1/s burst 5"))
    try await ServedDatabase.with(rates: rates) { served in
      let loud = try await served.makeTenant()
      let quiet = try await served.makeTenant()
      let port = served.server.port
      let flood = (0..<8).map { _ in
        Task {
          try await onOwnThread {
            var statuses: [Int] = []
            let client = try RawClient(port: port)
            for _ in 0..<10 {
              client.send(
                "GET /api/v1/tokens/balance HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(loud.token)\r\n\r\n")
              statuses.append(try client.readAnswer().status)
            }
            return statuses
          }
        }
      }
      let service = try served.server.tokens.service()
      for number in 0..<20 {
        if number < 5 {
          let answer = try await served.server.send("GET", Path.balance, token: quiet.token)
          #expect(answer.status == 200)
        }
        let target = "\(Path.balance)?organizationId=\(loud.organizationID)"
        let answer = try await served.server.send("GET", target, token: service)
        #expect(answer.status == 200)
        #expect(answer["RateLimit"] == nil)
      }
      var statuses: [Int] = []
      for task in flood { statuses += try await task.value }
      #expect(Set(statuses) == [200, 429])
      #expect(statuses.count { $0 == 200 } >= 5)
    }
  }

  @Test("all users of an organization count together, and naming another organization takes nothing from it")
  func naming() async throws {
    let rates = RequestRates(
      perCaller: RequestRate("1/s burst 50"), perOrganization: RequestRate("1/s burst 4"))
    try await ServedDatabase.with(rates: rates, configure: { $0.heldAnswerSeconds = 0 }) { served in
      let victim = try await served.makeTenant()
      let attacker = try await served.makeTenant()
      let nobody = try served.server.tokens.user("00000000-0000-4000-8000-000000000000")
      for token in [attacker.token, nobody] {
        for _ in 0..<10 {
          let target = "\(Path.balance)?organizationId=\(victim.organizationID)"
          let answer = try await served.server.send("GET", target, token: token)
          #expect([403, 404, 429].contains(answer.status))
        }
      }
      let answer = try await served.server.send("GET", Path.balance, token: victim.token)
      #expect(answer.status == 200)
      #expect(answer["RateLimit-Policy"] == #""caller";q=50;w=50, "organization";q=4;w=4"#)
      #expect(answer["RateLimit"] == #""caller";r=49;t=1, "organization";r=3;t=1"#)
    }
  }

  @Test("without rates nothing is said about them")
  func off() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let answer = try await served.server.send("GET", Path.balance, token: tenant.token)
    #expect(answer.status == 200)
    #expect(answer["RateLimit"] == nil)
    #expect(answer["RateLimit-Policy"] == nil)
  }

  @Test("an address that guesses is refused after a while, and those who were known before are not")
  func guessing() async throws {
    var rates = RequestRates()
    rates.failuresPerAddress = RequestRate("1/s burst 5")
    try await ServedDatabase.with(
      rates: rates,
      configure: {
        $0.heldAnswerSeconds = 0
        $0.trustedProxies = TrustedProxies([AddressRange("127.0.0.1")].compactMap { $0 })
      }
    ) { served in
      let tenant = try await served.makeTenant()
      func ask(_ token: String?, from address: String) async throws -> RawClient.Answer {
        try await served.server.send("GET", Path.balance, token: token, headers: [("X-Forwarded-For", address)])
      }
      #expect(try await ask(tenant.token, from: "192.0.2.1").status == 200)
      var answer: RawClient.Answer
      var failures = 0
      repeat {
        answer = try await ask("guess\(failures)", from: "192.0.2.1")
        failures += 1
      } while answer.status == 401 && failures < 1_000
      #expect(failures > 5)
      #expect(answer.status == 429)
      #expect(answer["Retry-After"] == "1")
      let description = try Description.embedded.get()
      #expect(try description.faults(in: answer, to: "GET", Path.balance) == [])
      // Known before, also from there; unknown from elsewhere; without any token, which is no guess.
      #expect(try await ask(tenant.token, from: "192.0.2.1").status == 200)
      let other = try await served.makeTenant()
      #expect(try await ask(other.token, from: "192.0.2.2").status == 200)
      for _ in 0..<20 { #expect(try await ask(nil, from: "192.0.2.3").status == 401) }
      #expect(try await ask("guess", from: "192.0.2.3").status == 401)
    }
  }

  @Test("behind a proxy that is not named nobody is locked out by another's guesses")
  func unnamedProxy() async throws {
    var rates = RequestRates()
    rates.failuresPerAddress = RequestRate("1/s burst 1")
    try await ServedDatabase.with(rates: rates) { served in
      for _ in 0..<20 {
        let answer = try await served.server.send("GET", Path.balance, token: "guess")
        #expect(answer.status == 401)
      }
    }
  }
}
