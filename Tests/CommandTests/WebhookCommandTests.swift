import Cluster
import Foundation
import JSON
import Testbed
import Testing
import Vault

@Suite("tollgate webhook")
struct WebhookCommandTests {
  /// Runs `tollgate …` with the server's login, or an administrator's.
  private static func run(
    _ served: ServedDatabase, keys: String? = TestVault.keys, isAdministrator: Bool = false, _ arguments: String...
  ) async throws -> Program.Outcome {
    var environment = ["DATABASE_URL": served.database.url]
    if !isAdministrator {
      environment["DATABASE_URL"] = try await onOwnThread { try served.database.serverURL() }
    }
    environment["TOLLGATE_VAULT_KEYS"] = keys
    return try await Program.run(arguments, environment: environment)
  }

  @Test("a webhook is made with a secret, listed without it, tested, replayed, given another secret and deleted")
  func life() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let made = try await Self.run(
      served, "webhook", "create", "--organization", tenant.organizationID, "--url", "https://127.0.0.1:1/hook",
      "--event",
      "alert.raised", "--json")
    #expect(made.status == 0, "\(made.complaints)")
    let webhook = try parseJSON(Array(made.output.utf8))
    let id = try #require(webhook["webhookId"]?.string)
    let secret = try #require(webhook["secret"]?.string)
    #expect(secret.hasPrefix("whsec_"))

    let list = try await Self.run(served, "webhook", "list", "--organization", tenant.organizationID)
    #expect(list.output == "\(id) \(tenant.organizationID) active 'https://127.0.0.1:1/hook' alert.raised\n")

    let test = try await Self.run(served, "webhook", "test", id)
    #expect(test.status == 0)
    let delivery = String(test.output.dropLast())
    #expect(try await Self.run(served, "webhook", "replay", id, "--delivery", delivery).status == 1)
    try await served.script(
      """
      UPDATE tollgate.deliveries SET status = 'dead', next_attempt_at = NULL, finished_at = now()
      WHERE delivery_id = '\(delivery)'
      """)
    #expect(try await Self.run(served, "webhook", "replay", id, "--dead").output == delivery + "\n")
    #expect(try await Self.run(served, "webhook", "replay", id, "--dead").output == "")

    let rotated = try await Self.run(served, "webhook", "rotate", id, "--grace-seconds", "60")
    #expect(rotated.status == 0 && rotated.output.hasPrefix("whsec_") && rotated.output.dropLast() != secret)

    #expect(try await Self.run(served, "webhook", "delete", id).output == id + "\n")
    let recorded = try await served.text(
      """
      SELECT string_agg(concat_ws(' ', change, actor_id, hint), ', ' ORDER BY number) FROM tollgate.audit_log
      WHERE subject = '\(id)'
      """)
    let expected = ["create", "update", "delete"].map { "webhook.\($0) tollgate_server \(NSUserName())" }
    #expect(recorded == expected.joined(separator: ", "))
    let gone = try await Self.run(served, "webhook", "delete", id)
    #expect(gone.status == 1 && gone.complaints.contains("There is no such webhook."))
    let unknown = try await Self.run(served, "webhook", "rotate", id)
    #expect(unknown.status == 1 && unknown.complaints.contains("there is none with this id"))
  }

  @Test("what cannot be is said in a sentence: no keys, no owner, no such event, nothing to replay")
  func mistakes() async throws {
    let served = try await ServedDatabase.shared()
    let withoutKeys = try await Self.run(served, keys: nil, "webhook", "create", "--all", "--url", "https://a.example/")
    #expect(withoutKeys.status == 1 && withoutKeys.complaints.contains("TOLLGATE_VAULT_KEYS is not set"))
    #expect(try await Self.run(served, "webhook", "create", "--url", "https://a.example/").status == 2)
    #expect(
      try await Self.run(served, "webhook", "create", "--all", "--url", "https://a.example/", "--event", "a").status
        == 2)
    let plain = try await Self.run(served, "webhook", "create", "--all", "--url", "http://a.example/")
    #expect(plain.status == 1 && plain.complaints.contains("https"))
    #expect(try await Self.run(served, "webhook", "test", "a").status == 2)
    #expect(try await Self.run(served, "webhook", "replay", UUID().uuidString).status == 2)
  }

  @Test("vault rotate seals both secrets of a webhook anew, of an organization's and of one for all")
  func sealedAnew() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      let own = try await Self.run(
        served, "webhook", "create", "--organization", tenant.organizationID, "--url", "https://127.0.0.1:1/")
      #expect(own.status == 0)
      let all = try await Self.run(served, "webhook", "create", "--all", "--url", "https://127.0.0.1:1/", "--json")
      let id = try #require(try parseJSON(Array(all.output.utf8))["webhookId"]?.string)
      #expect(try await Self.run(served, "webhook", "rotate", id).status == 0)
      let keys = try VaultKeys.make(id: "new") + "," + TestVault.keys
      let rotated = try await Self.run(served, keys: keys, isAdministrator: true, "vault", "rotate")
      #expect(rotated.output == "resealed: 3, left: 0, unreadable: 0\n", "\(rotated.complaints)")
      let status = try await Self.run(served, keys: keys, isAdministrator: true, "vault", "status")
      #expect(
        status.output.contains("verifier 0, webhook_secret 2, previous_webhook_secret 1\n'test' no_longer_needed"))
    }
  }
}
