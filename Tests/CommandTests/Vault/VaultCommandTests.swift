import Cluster
import Foundation
import Glibc
import JSON
import Postgres
import Testbed
import Testing
import Vault

@Suite("tollgate vault")
struct VaultCommandTests {
  /// Tenants that are connected to one provider, in a database of their own.
  private struct Connected {
    let served: ServedDatabase
    let oauth: OAuthServer
    let tenants: [Tenant]

    static func with(tenantCount: Int, keys: String, _ body: (Connected) async throws -> Void) async throws {
      try await ServedDatabase.with { served in
        let oauth = try await onOwnThread { try OAuthServer() }
        var tenants: [Tenant] = []
        for _ in 1...tenantCount { tenants.append(try await served.makeTenant()) }
        let connected = Connected(served: served, oauth: oauth, tenants: tenants)
        try await connected.withServer(keys) { server in
          let provider = """
            {"authorizationUrl":"\(oauth.url("/authorize"))","tokenUrl":"\(oauth.url("/token"))",
            "clientId":"\(oauth.clientID)","clientSecret":"\(oauth.clientSecret)","redirectUri":"https://a.example/"}
            """
          try await connected.put("/api/v1/admin/providers/drive", server.tokens.service(), provider, server)
          for tenant in tenants {
            let token = try oauth.makeRefreshToken()
            try await connected.put(
              "/api/v1/credentials/drive", tenant.token, #"{"refreshToken":"\#(token)"}"#, server)
            _ = try await server.send("POST", "/api/v1/credentials/drive/authorize", token: tenant.token)
          }
        }
        do { try await body(connected) } catch {
          try await onOwnThread { oauth.stop() }
          throw error
        }
        try await onOwnThread { oauth.stop() }
      }
    }

    private func put(_ path: String, _ token: String, _ body: String, _ server: TestServer) async throws {
      let answer = try await server.send("PUT", path, token: token, body: Array(body.utf8))
      try #require(answer.status == 200, "\(answer)")
    }

    func accessToken(_ tenant: Tenant, _ server: TestServer) async throws -> RawClient.Answer {
      try await server.send("POST", "/api/v1/credentials/drive/access-token", token: tenant.token)
    }

    /// Lends a server with these keys.
    func withServer(_ keys: String, _ body: (TestServer) async throws -> Void) async throws {
      let server = try await onOwnThread { [served] in
        try TestServer(try served.database.serverSettings(), tokens: served.server.tokens, vaultKeys: keys)
      }
      do { try await body(server) } catch {
        try await onOwnThread { server.stop() }
        throw error
      }
      try await onOwnThread { server.stop() }
    }

    func run(_ arguments: String..., keys: String, url: String? = nil) async throws -> Program.Outcome {
      try await Program.run(
        ["vault"] + arguments,
        environment: ["TOLLGATE_VAULT_KEYS": keys, "DATABASE_DIRECT_URL": url ?? served.database.url])
    }

    func status(_ keys: String) async throws -> [String: JSONValue] {
      let outcome = try await run("status", "--json", keys: keys)
      var lines: [String: JSONValue] = [:]
      for line in outcome.output.split(separator: "\n") {
        let value = try parseJSON(Array(line.utf8))
        lines[try #require(value["keyId"]?.string)] = value
      }
      return lines
    }
  }

  @Test(
    "all is sealed anew while 16 connections ask for tokens and refresh them: each is answered, and the old key is no longer needed"
  )
  func rotation() async throws {
    let (old, new) = (try VaultKeys.make(id: "old"), try VaultKeys.make(id: "new"))
    let both = "\(new),\(old)"
    try await Connected.with(tenantCount: 20, keys: old) { connected in
      let before = try await connected.status(both)
      #expect(before["old"]?["refresh_token"]?.integer == 20 && before["old"]?["client_secret"]?.integer == 1)
      #expect(before["old"]?["verifier"]?.integer == 20 && before["old"]?["status"]?.string == "needed")
      #expect(before["new"]?["status"]?.string == "current")
      connected.oauth.live(seconds: 1)
      try await connected.withServer(both) { server in
        // Servers that have the new key, but seal under the old one still, are there as well.
        try await connected.withServer("\(old),\(new)") { older in
          let rotation = Task { try await connected.run("rotate", "--json", keys: both) }
          let failures = try await withThrowingTaskGroup(of: [RawClient.Answer].self) { group in
            for number in 0..<16 {
              group.addTask {
                var failures: [RawClient.Answer] = []
                for round in 0..<25 {
                  let tenant = connected.tenants[(number * 7 + round) % connected.tenants.count]
                  let answer = try await connected.accessToken(tenant, number < 4 ? older : server)
                  if answer.status != 200 { failures.append(answer) }
                }
                return failures
              }
            }
            return try await group.reduce(into: []) { $0 += $1 }
          }
          #expect(failures.map(\.body) == [])
          let outcome = try await rotation.value
          let report = try parseJSON(Array(outcome.output.utf8))
          #expect((report["resealed"]?.integer ?? 0) > 0 && report["unreadable"]?.integer == 0)
        }
        #expect(connected.oauth.refreshCount >= 20)
      }
      // What the older server has sealed since is left for another run, and then there is nothing to do.
      let second = try await connected.run("rotate", keys: both)
      #expect(second.status == 0, "\(second.complaints)")
      let third = try await connected.run("rotate", keys: both)
      #expect(third.output == "resealed: 0, left: 0, unreadable: 0\n")
      let after = try await connected.status(both)
      #expect(after["old"]?["status"]?.string == "no_longer_needed")
      #expect(after["new"]?["refresh_token"]?.integer == 20)
      connected.oauth.live(seconds: 3600)
      try await connected.withServer(new) { server async throws in
        for tenant in connected.tenants { #expect(try await connected.accessToken(tenant, server).status == 200) }
      }
      #expect(try await connected.served.violations() == [])
    }
  }

  @Test(
    "a server that is killed while a provider is answering leaves a lease: who comes after its end refreshes, or wants consent where the token was replaced",
    arguments: [false, true])
  func killed(isReplacing: Bool) async throws {
    let keys = try VaultKeys.make(id: "one")
    try await Connected.with(tenantCount: 1, keys: keys) { connected in
      let tenant = connected.tenants[0]
      connected.oauth.rotate(isReplacing)
      connected.oauth.behave(.workAndSilence)
      let environment = [
        "DATABASE_URL": try await onOwnThread { try connected.served.database.serverURL() },
        "TOLLGATE_LISTEN": "127.0.0.1:0", "TOLLGATE_JWT_SECRET": UUID().uuidString, "TOLLGATE_VAULT_KEYS": keys,
        "TOLLGATE_EGRESS_ALLOW": "127.0.0.1/32",
        "TOLLGATE_CA_FILE": try OAuthServer.certificate.get().authorityFile,
      ]
      let minted = try await Program.run(["token", "mint", "--user", tenant.userID], environment: environment)
      try await onOwnThread {
        let program = try Program(["serve"], environment: environment)
        let line = try program.waitForComplaint(containing: #""listening""#)
        let port = try #require(try parseJSON(Array(line.utf8))["port"]?.integer.flatMap(UInt16.init(exactly:)))
        let client = try RawClient(port: port)
        client.send(
          HTTPAddress.request(
            "POST", "/api/v1/credentials/drive/access-token", token: String(minted.output.dropLast()), body: nil))
        let deadline = ContinuousClock.now + .seconds(20)
        while connected.oauth.waitingCount == 0, ContinuousClock.now < deadline { poll(nil, 0, 5) }
        #expect(connected.oauth.waitingCount == 1)
        #expect(program.end(by: SIGKILL).status == -SIGKILL)
      }
      connected.oauth.behave(.normal)
      let left = "SELECT lease_ends_at - now() BETWEEN '10 seconds' AND '30 seconds' FROM tollgate.credentials"
      #expect(try await connected.served.text(left) == "t")
      try await connected.served.script("UPDATE tollgate.credentials SET lease_ends_at = now()")
      try await connected.withServer(keys) { server async throws in
        let answer = try await connected.accessToken(tenant, server)
        #expect(answer.status == (isReplacing ? 409 : 200), "\(answer.body)")
      }
    }
  }

  @Test("what does not open is counted, left as it is, and exit code 1; so is a key that is missing")
  func unreadable() async throws {
    let (old, new) = (try VaultKeys.make(id: "old"), try VaultKeys.make(id: "new"))
    try await Connected.with(tenantCount: 3, keys: old) { connected in
      try await connected.served.script(
        """
        UPDATE tollgate.credentials SET refresh_token = set_bit(refresh_token, 200, 1 - get_bit(refresh_token, 200))
        WHERE organization_id = '\(connected.tenants[0].organizationID)'
        """)
      let outcome = try await connected.run("rotate", "--json", keys: "\(new),\(old)")
      #expect(outcome.status == 1 && outcome.complaints.contains("do not open"))
      let report = try parseJSON(Array(outcome.output.utf8))
      // A secret, two refresh tokens and three verifiers.
      #expect(report["resealed"]?.integer == 6 && report["unreadable"]?.integer == 1)
      let missing = try await connected.run("status", keys: new)
      #expect(missing.status == 1)
      #expect(
        missing.output.contains(
          "'old' missing: client_secret 0, refresh_token 1, access_token 0, verifier 0, webhook_secret 0, previous_webhook_secret 0\n"
        ))
    }
  }

  @Test(
    "another key under a known id keeps serve from starting, and the commands from doing anything, until it is the right one"
  )
  func anotherKey() async throws {
    let (right, wrong) = (try VaultKeys.make(id: "one"), try VaultKeys.make(id: "one"))
    let more = try VaultKeys.make(id: "two")
    try await Connected.with(tenantCount: 1, keys: right) { connected in
      let sentence = "TOLLGATE_VAULT_KEYS has another key than before under one"
      func serve(_ keys: String) async throws -> Program {
        let url = try await onOwnThread { try connected.served.database.serverURL() }
        return try Program(
          ["serve"],
          environment: [
            "DATABASE_URL": url, "TOLLGATE_LISTEN": "127.0.0.1:0", "TOLLGATE_JWT_SECRET": UUID().uuidString,
            "TOLLGATE_VAULT_KEYS": keys,
          ])
      }
      let first = try await serve(right)
      try await onOwnThread {
        _ = try first.waitForComplaint(containing: #""listening""#)
        #expect(first.end(by: SIGTERM).status == 0)
      }
      for keys in [wrong, "\(more),\(wrong)"] {
        let program = try await serve(keys)
        let outcome = try await onOwnThread { program.waitUntilEnd() }
        #expect(outcome.status == 1 && outcome.complaints.contains("tollgate: \(sentence)"))
        for command in ["rotate", "status"] {
          let outcome = try await connected.run(command, keys: keys)
          #expect(outcome.status == 1 && outcome.complaints.contains(sentence) && outcome.output.isEmpty)
        }
      }
      #expect(try await connected.status("\(more),\(right)")["one"]?["refresh_token"]?.integer == 1)
      let again = try await serve("\(more),\(right)")
      try await onOwnThread {
        _ = try again.waitForComplaint(containing: #""listening""#)
        #expect(again.end(by: SIGTERM).status == 0)
      }
      #expect(try await connected.served.violations() == [])
    }
  }

  @Test("a login that does not see every row is refused, rather than told that there is nothing")
  func hiddenRows() async throws {
    let keys = try VaultKeys.make(id: "hidden")
    let served = try await ServedDatabase.shared()
    let url = try await onOwnThread { try served.database.serverURL() }
    for command in ["rotate", "status"] {
      let outcome = try await Program.run(
        ["vault", command], environment: ["TOLLGATE_VAULT_KEYS": keys, "DATABASE_URL": url])
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.complaints.contains("DATABASE_DIRECT_URL"))
    }
    let outcome = try await Program.run(["vault", "rotate"], environment: ["DATABASE_URL": url])
    #expect(outcome.status == 1 && outcome.complaints.contains("TOLLGATE_VAULT_KEYS"))
  }
}
