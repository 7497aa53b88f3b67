import Cluster
import Foundation
import JSON
import Postgres
import Synchronization
import Testbed
import Testing

@Suite("tollgate serve")
struct ServeTests {
  private static let deductPath = "/api/v1/tokens/deduct"

  @Test("it serves as tollgate_server, and takes the tokens that token mint makes")
  func mintedTokens() async throws {
    let serving = try await Serving(environment: ["TOLLGATE_JWT_ISSUER": "us", "TOLLGATE_JWT_AUDIENCE": "api"])
    let tenant = try await serving.served.makeTenant()
    let body = #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal"}"#
    func mint(_ arguments: String..., changing: [String: String] = [:]) async throws -> String {
      let environment = serving.environment.merging(changing) { $1 }
      let outcome = try await Program.run(["token", "mint"] + arguments, environment: environment)
      #expect(outcome.status == 0)
      return String(outcome.output.dropLast())
    }
    func status(_ token: String) async throws -> Int {
      try await serving.address.send("POST", Self.deductPath, token: token, body: body).status
    }
    #expect(try await status(try await mint("--user", tenant.userID)) == 200)
    #expect(try await status(try await mint("--service", "--lifetime-seconds=5")) == 200)
    let json = try parseJSON(Array(try await mint("--service", "--json").utf8))
    #expect(try await status(try #require(json["token"]?.string)) == 200)
    let otherSecret = ["TOLLGATE_JWT_SECRET": String(repeating: "x", count: 32)]
    #expect(try await status(try await mint("--service", changing: otherSecret)) == 401)
    #expect(try await status(try await mint("--service", changing: ["TOLLGATE_JWT_ISSUER": "them"])) == 401)
    #expect(try await status(try await mint("--service", changing: ["TOLLGATE_JWT_AUDIENCE": ""])) == 401)
    #expect(try await serving.address.send("GET", "/readyz").status == 200)
    let outcome = try await serving.end(SIGTERM)
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    for line in outcome.complaints.split(separator: "\n") {
      #expect(try parseJSON(Array(line.utf8))["level"]?.string != nil)
    }
    #expect(!outcome.complaints.contains(serving.secret))
    #expect(try await serving.served.violations() == [])
  }

  @Test("with a key set in a file and no secret it takes the tokens of that set, and pages have their cursors")
  func keySet() async throws {
    let folder = try ScratchFolder()
    let pair = try await onOwnThread { try TestKeyPair(.p256) }
    let keys = try await onOwnThread { "{\"keys\":[\(try pair.jwk(kid: "one"))]}" }
    let path = try folder.write("keys.json", keys)
    let serving = try await Serving(environment: ["TOLLGATE_JWT_SECRET": "", "TOLLGATE_JWT_JWKS": path])
    let tenant = try await serving.served.makeTenant()
    let expiry = Int(Date().timeIntervalSince1970) + 600
    let payload = "{\"sub\":\"\(tenant.userID)\",\"role\":\"authenticated\",\"exp\":\(expiry)}"
    let token = try await onOwnThread { try pair.sign(payload: payload, kid: "one") }
    for _ in 1...2 {
      let charged = try await serving.address.send(
        "POST", Self.deductPath, token: token, body: #"{"featureUsed":"generate_insight"}"#)
      #expect(charged.status == 200)
    }
    #expect(try await serving.address.send("GET", "/api/v1/tokens/ledger", token: tenant.token).status == 401)
    let page = try await serving.address.send("GET", "/api/v1/tokens/ledger?limit=1", token: token)
    let cursor = try #require(try parseJSON(Array(page.body.utf8))["nextCursor"]?.string)
    let next = try await serving.address.send("GET", "/api/v1/tokens/ledger?limit=1&cursor=\(cursor)", token: token)
    #expect(next.status == 200)
    #expect(try await serving.address.send("GET", "/readyz").status == 200)
    let outcome = try await serving.end(SIGTERM)
    #expect(outcome.status == 0)
    #expect(outcome.complaints.contains("token keys found"))
    #expect(!outcome.complaints.contains(token))
  }

  @Test("with a database that is away it starts, says 503, and ends with 0")
  func databaseAway() async throws {
    let serving = try await Serving(environment: ["DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
    let ready = try await serving.address.send("GET", "/readyz")
    #expect(ready.status == 503)
    #expect(ready["Retry-After"] != nil)
    #expect(try await serving.address.send("GET", "/livez").status == 200)
    #expect(try await serving.end(SIGINT).status == 0)
  }

  @Test("an address that is taken is one sentence and exit code 1")
  func takenPort() async throws {
    let served = try await ServedDatabase.shared()
    let url = try await onOwnThread { try served.database.serverURL() }
    let outcome = try await Program.run(
      ["serve"],
      environment: [
        "DATABASE_URL": url, "TOLLGATE_LISTEN": "127.0.0.1:\(served.server.port)",
        "TOLLGATE_JWT_SECRET": String(repeating: "s", count: 32),
      ])
    #expect(outcome.status == 1)
    #expect(outcome.complaints.split(separator: "\n").last?.hasPrefix("tollgate: ") == true)
  }

  @Test("SIGTERM under load: what was accepted is answered, what was settled was answered, and it ends with 0")
  func stopUnderLoad() async throws {
    let serving = try await Serving()
    let tenant = try await serving.served.makeTenant(plan: "enterprise")
    // However fast the machine is, the load does not use it up.
    try await serving.served.script(
      "UPDATE public.ai_tokens SET balance = 1000000000 WHERE organization_id = '\(tenant.organizationID)'")
    let token = try await Program.run(["token", "mint", "--service"], environment: serving.environment).output
      .dropLast()
    let body = #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_insight"}"#
    let load = Load(port: serving.address.port, token: String(token), body: body)
    let held = try await onOwnThread { try load.acceptedButUnfinished(20) }
    load.start(threadCount: 8)
    try await onOwnThread { load.waitForAnswers(100) }
    serving.program.send(SIGTERM)
    // Nobody new comes in, and those whose header was accepted are still welcome to finish.
    let answers = try await onOwnThread {
      while let client = try? RawClient(port: serving.address.port) { client.waitForSilence(milliseconds: 5) }
      return try held.finish()
    }
    #expect(answers.map(\.status) == Array(repeating: 200, count: 20))
    let outcome = try await onOwnThread { serving.program.waitUntilEnd() }
    #expect(outcome.status == 0)
    #expect(outcome.complaints.contains("stopped"))
    let answered = try await onOwnThread { load.waitForEnd() }.union(answers.compactMap { try? $0.transactionID() })
    #expect(answered.count >= 120)
    let rows = try await onOwnThread {
      var connection = try serving.served.database.connect()
      let rows = try connection.query(
        "SELECT id FROM public.ai_token_usage_log WHERE organization_id = $1::uuid", [.text(tenant.organizationID)])
      return try (0..<rows.count).map { try rows.string($0, 0) }
    }
    #expect(Set(rows) == answered)
    #expect(try await serving.served.violations() == [])
  }
}
