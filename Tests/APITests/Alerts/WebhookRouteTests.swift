import Cluster
import JSON
import Testbed
import Testing

@Suite("Routes of webhooks")
struct WebhookRouteTests {
  private static let path = "/api/v1/admin/webhooks"

  private static func make(_ served: ServedDatabase, _ tenant: Tenant) async throws -> (id: String, secret: String) {
    let answer = try await served.server.call(
      "POST", path, token: served.server.tokens.service(),
      body: #"{"organizationId":"\#(tenant.organizationID)","url":"https://127.0.0.1:1/hook"}"#)
    #expect(answer.status == 201, "\(answer.body)")
    let made = try answer.json()
    return (try #require(made["webhookId"]?.string), try #require(made["secret"]?.string))
  }

  @Test("a secret is shown once, kept sealed, and in no other answer, log line or column")
  func secret() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    let (id, secret) = try await Self.make(served, tenant)
    let rotated = try await served.server.call("POST", "\(Self.path)/\(id)/rotate-secret", token: service, body: "{}")
    #expect(rotated.status == 201)
    let second = try #require(try rotated.json()["secret"]?.string)
    #expect(second != secret)
    #expect(try rotated.json()["previousSecretEndsAt"]?.string != nil)
    var said = served.server.log.all.joined()
    for target in [Self.path + "?organizationId=\(tenant.organizationID)", "\(Self.path)/\(id)"] {
      said += try await served.server.call("GET", target, token: service).body
    }
    said += try await served.text("SELECT string_agg(webhooks::text, '') FROM tollgate.webhooks") ?? ""
    said += try await served.text("SELECT string_agg(audit_log::text, '') FROM tollgate.audit_log") ?? ""
    for secret in [secret, second] { #expect(!said.contains(secret.dropFirst(6))) }
    #expect(
      try await served.text(
        """
        SELECT octet_length(secret) > 60 AND octet_length(previous_secret) > 60 AND secret <> previous_secret
        FROM tollgate.webhooks WHERE webhook_id = '\(id)'
        """) == "t")
  }

  @Test("without keys for the vault there are no webhooks, and the answer says which setting is missing")
  func withoutVault() async throws {
    let served = try await ServedDatabase.shared()
    let settings = try await onOwnThread { try served.database.serverSettings() }
    let server = try await onOwnThread { try TestServer(settings, vaultKeys: nil) }
    let answer = try await server.call(
      "POST", Self.path, token: server.tokens.service(), body: #"{"url":"https://a.example/"}"#)
    #expect(answer.status == 501)
    #expect(answer.body.contains("TOLLGATE_VAULT_KEYS"))
    try await onOwnThread { server.stop() }
  }

  @Test("under a key one test is sent, and one replay made, and the answers are the same again")
  func idempotency() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    let (id, _) = try await Self.make(served, tenant)
    @Sendable func post(_ target: String, key: String) async throws -> RawClient.Answer {
      try await served.server.call(
        "POST", "\(Self.path)/\(id)/\(target)", token: service, headers: [("Idempotency-Key", key)])
    }
    func end() async throws {
      for active in [false, true] {
        _ = try await served.server.call(
          "PATCH", "\(Self.path)/\(id)", token: service, body: #"{"active":\#(active)}"#)
      }
    }
    let tests = try await atOnce(4) { try await post("test", key: "test") }
    #expect(tests.allSatisfy { $0.status == 202 })
    #expect(Set(tests.map(\.body)).count == 1)
    #expect(tests.count { $0["Idempotent-Replayed"] == nil } == 1)
    let delivery = try #require(try tests[0].json()["deliveryId"]?.string)
    let replay = "deliveries/\(delivery)/replay"
    #expect(try await post(replay, key: "test").code == "idempotency_key_reused")
    #expect(try await post(replay, key: "again").status == 409)
    try await end()
    let again = try await post(replay, key: "again")
    #expect(again.status == 202)
    #expect(again["Idempotent-Replayed"] == nil)
    try await end()
    let repeated = try await post(replay, key: "again")
    #expect(repeated.body == again.body)
    #expect(repeated["Idempotent-Replayed"] == "true")
    #expect(
      try await served.text(
        "SELECT string_agg(status, ' ') FROM tollgate.deliveries WHERE receiver_id = '\(id)'") == "dead")
    #expect(try await served.violations() == [])
  }

  @Test("a test and a replay are deliveries of their own webhook, and refused for what is pending or inactive")
  func deliveries() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let service = try served.server.tokens.service()
    let (id, _) = try await Self.make(served, tenant)
    let (other, _) = try await Self.make(served, tenant)
    let test = try await served.server.call("POST", "\(Self.path)/\(id)/test", token: service)
    #expect(test.status == 202)
    let delivery = try #require(try test.json()["deliveryId"]?.string)
    func replay(_ webhook: String) async throws -> Int {
      try await served.server.call(
        "POST", "\(Self.path)/\(webhook)/deliveries/\(delivery)/replay", token: service
      ).status
    }
    #expect(try await replay(id) == 409)
    let inactive = try await served.server.call(
      "PATCH", "\(Self.path)/\(id)", token: service, body: #"{"active":false}"#)
    #expect(inactive.status == 200)
    let page = try await served.server.call("GET", "\(Self.path)/\(id)/deliveries?status=dead", token: service).json()
    #expect(page["data"]?.array?.first?["deliveryId"]?.string == delivery)
    #expect(page["data"]?.array?.first?["lastError"]?.string == "The webhook was made inactive.")
    #expect(try await replay(id) == 409)
    #expect(try await served.server.call("POST", "\(Self.path)/\(id)/test", token: service).status == 409)
    _ = try await served.server.call("PATCH", "\(Self.path)/\(id)", token: service, body: #"{"active":true}"#)
    #expect(try await replay(other) == 404)
    #expect(try await replay(id) == 202)
    #expect(try await served.server.call("DELETE", "\(Self.path)/\(id)", token: service).status == 200)
    #expect(try await replay(id) == 404)
    #expect(
      try await served.text("SELECT count(*) FROM tollgate.deliveries WHERE receiver_id = '\(id)'") == "0")
  }
}
