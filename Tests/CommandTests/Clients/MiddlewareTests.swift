import Cluster
import Glibc
import JSON
import Testbed
import Testing

/// The middleware of Examples/, each in its own framework, in front of a real server.
@Suite("middleware examples")
struct MiddlewareTests {
  @Test("Express's holds, charges and lets go, by its own tests")
  func express() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant(apiBudget: 100)
    let outcome = try await onOwnThread {
      let environment = [
        "TOLLGATE_URL": "http://127.0.0.1:\(served.server.port)", "TOLLGATE_TOKEN": tenant.token,
        "TOLLGATE_AWAY_URL": "http://127.0.0.1:\(try HTTPSServer.freePort())",
      ]
      return try Program(
        executable: "/usr/bin/env", ["node", "--test", Tree.path("Examples/Express/tollgate-middleware.test.mjs")],
        environment: environment
      ).waitUntilEnd()
    }
    #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.complaints)")
    #expect(try await served.violations() == [])
  }

  @Test("FastAPI's charges routes that end well, lets go when they raise, and hands refusals on")
  func fastAPI() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant(apiBudget: 120)
    let app = try await FastAPIExample(tollgate: "http://127.0.0.1:\(served.server.port)")
    func ask(_ path: String, token: String? = tenant.token) async throws -> RawClient.Answer {
      try await app.address.send("GET", path, token: token)
    }
    // Tokens are settled after the answer.
    func settled() async throws -> String? {
      let balance =
        "FROM public.ai_tokens WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'api_budget'"
      let deadline = ContinuousClock.now + .seconds(30)
      while try await served.text("SELECT reserved \(balance)") != "0", ContinuousClock.now < deadline {}
      return try await served.text("SELECT balance \(balance)")
    }
    let surprise = try await ask("/surprise")
    #expect(surprise.status == 200)
    #expect(try surprise.json()["tokens"]?.integer == 50)
    #expect(try await settled() == "70")
    #expect(try await ask("/missing").status == 404)
    #expect(try await settled() == "70")
    #expect(try await ask("/broken").status == 500)
    #expect(try await settled() == "70")
    #expect(try await ask("/cheap").status == 200)
    #expect(try await settled() == "50")
    let poor = try await ask("/job")
    #expect(poor.status == 402)
    #expect(poor["Content-Type"] == "application/problem+json")
    #expect(try poor.json()["deficit"]?.integer == 150)
    #expect(try await ask("/surprise", token: nil).status == 401)
    #expect(try await ask("/surprise", token: "nonsense").status == 401)
    #expect(try await app.end().status == 0)
    #expect(try await served.violations() == [])
  }

  @Test("FastAPI's lets nothing pass while Tollgate is away")
  func away() async throws {
    let free = try await onOwnThread { try HTTPSServer.freePort() }
    let app = try await FastAPIExample(tollgate: "http://127.0.0.1:\(free)")
    let answer = try await app.address.send("GET", "/surprise", token: "x")
    #expect(answer.status == 503)
    #expect(try answer.json()["code"]?.string == "unavailable")
    #expect(try await app.end().status == 0)
  }
}

/// Examples/FastAPI, run by uvicorn on a free port.
private struct FastAPIExample: Sendable {
  let program: Program
  let address: HTTPAddress

  init(tollgate: String) async throws {
    (program, address) = try await onOwnThread {
      // Debian's Python, which Debian's FastAPI is for.
      let program = try Program(
        executable: "/usr/bin/python3",
        [
          "-B", "-m", "uvicorn", "app:app", "--port", "0", "--app-dir", Tree.path("Examples/FastAPI"),
          "--no-use-colors",
        ],
        environment: [
          "PYTHONPATH": Tree.path("clients/python"), "TOLLGATE_URL": tollgate, "TOLLGATE_DEADLINE_SECONDS": "1",
        ])
      let line = try program.waitForComplaint(containing: "Uvicorn running on ")
      let url = try #require(line.split(separator: " ").first { $0.hasPrefix("http://") })
      return (program, try HTTPAddress(url: String(url)))
    }
  }

  func end() async throws -> Program.Outcome {
    try await onOwnThread { [program] in
      program.send(SIGTERM)
      return program.waitUntilEnd()
    }
  }
}
