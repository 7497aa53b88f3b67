import Cluster
import JSON
import Testbed
import Testing

@Suite("tollgate key")
struct KeyCommandTests {
  /// Runs `tollgate key …` with the server's login.
  private static func run(_ served: ServedDatabase, _ arguments: String...) async throws -> Program.Outcome {
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    return try await Program.run(["key"] + arguments, environment: environment)
  }

  private static func status(_ served: ServedDatabase, _ key: String) async throws -> Int {
    try await served.server.send("GET", "/api/v1/tokens/balance", token: key).status
  }

  @Test("a key that is made works, is listed without its secret, is replaced, and is refused once it is revoked")
  func life() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let made = try await Self.run(
      served, "create", "--organization", tenant.organizationID, "--name", "Job", "--scope", "read", "--scope=spend")
    #expect(made.status == 0 && made.complaints.isEmpty)
    let key = String(made.output.dropLast())
    #expect(key.hasPrefix("tg_live_") && key.utf8.count == 77)
    #expect(try await Self.status(served, key) == 200)

    let list = try await Self.run(served, "list", "--organization", tenant.organizationID)
    #expect(list.status == 0)
    let line = try #require(list.output.split(separator: "\n").first)
    #expect(line.contains("\(key.prefix(31)) active, read+spend, ends never, used ") && line.hasSuffix(", 'Job'"))
    #expect(!list.output.contains(key.dropFirst(31).prefix(40)))

    // By how it begins, or by its id.
    let rotated = try await Self.run(served, "rotate", String(key.prefix(30)), "--grace-seconds", "3600", "--json")
    #expect(rotated.status == 0)
    let successor = try parseJSON(Array(rotated.output.utf8))
    let text = try #require(successor["key"]?.string)
    let id = try #require(successor["keyId"]?.string)
    #expect(successor["scopes"]?.array?.count == 2 && successor["name"]?.string == "Job")
    for key in [key, text] { #expect(try await Self.status(served, key) == 200) }

    let revoked = try await Self.run(served, "revoke", id)
    #expect(revoked.status == 0 && revoked.output.contains(" revoked, read+spend, "))
    // The server was told nothing: it finds out within 5 seconds.
    let deadline = ContinuousClock.now + .seconds(15)
    while try await Self.status(served, text) == 200, ContinuousClock.now < deadline {}
    #expect(try await Self.status(served, text) == 401)
    #expect(try await Self.status(served, key) == 200)
    let all = try await Self.run(served, "list", "--organization", tenant.organizationID, "--json")
    let statuses = try all.output.split(separator: "\n").map { try parseJSON(Array($0.utf8))["status"]?.string }
    #expect(statuses == ["revoked", "in_grace"])
  }

  @Test("a key of the service with an end is one of the service's keys, and of no organization's")
  func service() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let made = try await Self.run(
      served, "create", "--service", "--name", "Deploys", "--scope", "admin", "--expires", "2999-01-31T12:00:00Z",
      "--json")
    let key = try parseJSON(Array(made.output.utf8))
    #expect(key["organizationId"] == .null && key["expiresAt"]?.string == "2999-01-31T12:00:00.000000Z")
    let id = try #require(key["keyId"]?.string)
    let text = try #require(key["key"]?.string)
    let listed = try await served.server.send("GET", "/api/v1/admin/keys", token: text)
    #expect(listed.status == 200 && listed.body.contains(id))
    #expect(try await Self.run(served, "list", "--service").output.contains("\(id) \(text.prefix(31)) active, admin"))
    #expect(try await Self.run(served, "list", "--organization", tenant.organizationID).output.isEmpty)
  }

  @Test("what cannot be done is one sentence and exit code 1")
  func refused() async throws {
    let served = try await ServedDatabase.shared()
    let unknown = "3f1b7c9e-0000-4000-8000-00000000000f"
    let expectations: [(Program.Outcome, String)] = [
      (try await Self.run(served, "revoke", unknown), "There is no such key."),
      (try await Self.run(served, "rotate", unknown), "There is no such key."),
      (
        try await Self.run(served, "create", "--organization", unknown, "--name", "a", "--scope", "read"),
        "There is no such organization."
      ), (try await Self.run(served, "list", "--organization", unknown), "There is no such organization."),
    ]
    for (outcome, sentence) in expectations {
      #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.complaints == "tollgate: \(sentence)\n")
    }
    let past = try await Self.run(
      served, "create", "--service", "--name", "a", "--scope", "read", "--expires", "2020-01-01T00:00:00Z")
    #expect(past.status == 1 && past.complaints.contains("ends in the future or never"))
  }
}
