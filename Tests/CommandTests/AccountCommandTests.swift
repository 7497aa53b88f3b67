import Cluster
import Foundation
import JSON
import Testbed
import Testing

@Suite("tollgate org, user, plan, action and audit")
struct AccountCommandTests {
  private let served: ServedDatabase
  private let environment: [String: String]

  init() async throws {
    let served = try await ServedDatabase.shared()
    environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    self.served = served
  }

  private func run(_ arguments: String...) async throws -> Program.Outcome {
    try await Program.run(arguments, environment: environment)
  }

  /// The objects that a command prints, a line each.
  private func objects(_ arguments: String...) async throws -> [JSONValue] {
    let outcome = try await Program.run(arguments + ["--json"], environment: environment)
    #expect(outcome.status == 0, "\(outcome.complaints)")
    return try outcome.output.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
  }

  private static let unknown = "3f1b7c9e-0000-4000-8000-00000000000f"

  @Test("an organization is made, listed, shown, adjusted and reset")
  func organization() async throws {
    let name = "Made \(UUID().uuidString)"
    let made = try await run("org", "create", "--name", name, "--plan", "pro")
    let id = made.output.trimmingCharacters(in: .newlines)
    let listed = try await run("org", "list", "--search", name.uppercased())
    #expect(listed.output == "\(id) pro, active, 250 of 250 tokens left, safe, '\(name)'\n")
    #expect(try await objects("org", "list", "--search", id).first?["name"]?.string == name)
    let adjusted = try await run(
      "org", "adjust", "--organization", id, "--token-type", "general", "--amount", "-20", "--reason", "a mistake")
    #expect(adjusted.output == "general: 50 → 30\n")
    let reset = try await objects("org", "reset", "--organization", id, "--token-type", "general")
    #expect(reset.first?["balanceBefore"]?.integer == 30 && reset.first?["balanceAfter"]?.integer == 50)
    let shown = try await run("org", "show", "--organization", id)
    #expect(shown.output.contains("\ngeneral: 50 available of 50, 0 used, safe, resets 20"))
    #expect(shown.output.split(separator: "\n").count == 6)
    #expect(try await objects("org", "show", "--organization", id).first?["totalBalance"]?.integer == 250)

    let missing = try await run("org", "show", "--organization", Self.unknown)
    #expect(missing.status == 1 && missing.complaints == "tollgate: There is no such organization.\n")
    let gold = try await run("org", "adjust", "--organization", id, "--token-type", "gold", "--amount", "1")
    #expect(gold.status == 1 && gold.complaints.hasPrefix("tollgate: ") && gold.output.isEmpty)
    let tooMuch = try await run("org", "adjust", "--organization", id, "--token-type", "general", "--amount", "-51")
    #expect(tooMuch.status == 1)
    #expect(try await served.violations() == [])
  }

  @Test("a user is made, listed and removed")
  func user() async throws {
    let tenant = try await served.makeTenant()
    let email = "\(UUID().uuidString)@example.org"
    let made = try await run(
      "user", "create", "--organization", tenant.organizationID, "--email", email, "--role", "viewer")
    let id = made.output.trimmingCharacters(in: .newlines)
    let listed = try await run("user", "list", "--search", email.lowercased())
    #expect(listed.output == "\(id) of \(tenant.organizationID), viewer, '\(email)'\n")
    #expect(try await objects("user", "list", "--organization", tenant.organizationID).count == 2)
    let removed = try await run("user", "remove", "--organization", tenant.organizationID, "--id", id)
    #expect(removed.output == "\(id) is no user of \(tenant.organizationID) any more.\n")
    let again = try await run("user", "remove", "--organization", tenant.organizationID, "--id", id)
    #expect(again.status == 1 && again.complaints == "tollgate: There is no such user of this organization.\n")
    let elsewhere = try await run("user", "list", "--organization", Self.unknown)
    #expect(elsewhere.status == 1)
  }

  @Test("a plan is made and changed; what is not named stays")
  func plan() async throws {
    let name = "plan_" + UUID().uuidString.prefix(8).lowercased()
    let untitled = try await run("plan", "set", name, "--tokens", "general=5")
    #expect(untitled.status == 2)
    let made = try await run(
      "plan", "set", name, "--title", "Team", "--tokens", "general=5", "--tokens", "forecast=3")
    #expect(made.status == 0, "\(made.complaints)")
    let changed = try await objects("plan", "set", name, "--tokens", "general=8")
    let allocations = try #require(changed.first?["allocations"])
    #expect(allocations["general"]?.integer == 8 && allocations["forecast"]?.integer == 3)
    #expect(try await objects("plan", "show", name) == changed)
    #expect(try await run("plan", "list").output.contains("\n\(name) 'Team' "))
    let unknown = try await run("plan", "set", name, "--tokens", "gold=8")
    #expect(unknown.status == 1 && unknown.complaints == "tollgate: There is no such token type.\n")
    #expect(try await run("plan", "show", "gold").status == 1)
  }

  @Test("an action's price is set, and earlier ones are shown")
  func action() async throws {
    let name = "action_" + UUID().uuidString.prefix(8).lowercased()
    let made = try await run("action", "set", name, "--token-type", "general", "--cost", "2")
    #expect(made.output == "\(name): 2 general, version 1\n")
    let changed = try await objects(
      "action", "set", name, "--token-type", "general", "--rates", #"{"input":{"tokens":3,"per":1000}}"#)
    #expect(changed.first?["priceVersion"]?.integer == 2)
    let shown = try await run("action", "show", name).output.split(separator: "\n")
    #expect(shown.count == 3 && shown.last?.hasPrefix("version 1: 2 general, from 20") == true)
    #expect(try await run("action", "list").output.contains("\(name): {"))
    let unknown = try await run("action", "set", name, "--token-type", "gold", "--cost", "2")
    #expect(unknown.status == 1 && unknown.complaints == "tollgate: There is no such token type.\n")
    #expect(try await run("action", "show", "gold").status == 1)
  }

  @Test("the audit log has what the commands did, as by the role that logged in, with a hint of who typed it")
  func audit() async throws {
    let tenant = try await served.makeTenant()
    let suspended = try await run("org", "suspend", "--organization", tenant.organizationID)
    #expect(suspended.status == 0)
    let found = try await objects(
      "audit", "list", "--organization", tenant.organizationID, "--change", "organization.update")
    #expect(found.count == 1)
    let record = try #require(found.first)
    #expect(record["actor"]?["kind"]?.string == "database" && record["actor"]?["id"]?.string == "tollgate_server")
    #expect(record["actor"]?["hint"]?.string == NSUserName())
    #expect(record["before"]?["status"]?.string == "active" && record["after"]?["status"]?.string == "suspended")
    let line = try await run("audit", "list", "--organization", tenant.organizationID, "--limit", "1").output
    #expect(line.contains(" database tollgate_server ('\(NSUserName())'): organization.update '"))
    #expect(try await objects("audit", "list", "--organization", tenant.organizationID, "--limit", "0").count == 3)
    #expect(try await run("audit", "list", "--actor", "nobody").output.isEmpty)
  }
}
