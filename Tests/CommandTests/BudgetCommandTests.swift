import Cluster
import JSON
import Testbed
import Testing

@Suite("tollgate budget")
struct BudgetCommandTests {
  private static func run(_ served: ServedDatabase, _ arguments: String...) async throws -> Program.Outcome {
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    return try await Program.run(["budget"] + arguments, environment: environment)
  }

  @Test("a content budget is set, listed and reset, by the server's login")
  func life() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    try await served.script(
      """
      SELECT tollgate.save_attribute('\(tenant.organizationID)', '00000000-0000-4000-8000-0000000000b1',
        repeat('a', 10000));
      SELECT tollgate.save_attribute('\(tenant.organizationID)', '00000000-0000-4000-8000-0000000000b2',
        repeat('a', 4000))
      """)
    let id = tenant.organizationID
    let set = try await Self.run(served, "set", "--organization", id, "--level", "2", "--tokens", "5000")
    #expect(set.status == 0 && set.output == "\(id) 70% used, 3500 of 5000 tokens, level Professional, 'Test'\n")
    let list = try await Self.run(served, "list", "--json")
    let line = try #require(list.output.split(separator: "\n").first { $0.contains(id) })
    #expect(list.status == 0)
    #expect(try parseJSON(Array(line.utf8))["percentUsed"]?.integer == 70)
    #expect(try await Self.run(served, "list", "--sort=newest").output.contains("\(id) 70% used"))

    let lowered = try await Self.run(
      served, "set", "--organization", id, "--level=1", "--automatic", "yes", "--counter", "utf16_quarter", "--json")
    let changed = try parseJSON(Array(lowered.output.utf8))
    #expect(changed["used"]?.integer == 1000 && changed["deactivated"]?.array?.count == 1)
    #expect(try await Self.run(served, "reset", "--organization", id).output == "1\n")
    let again = try await Self.run(served, "reset", "--organization", id, "--json")
    #expect(again.output == #"{"deactivatedCount":0,"tokens":0}"# + "\n")
    #expect(try await served.violations() == [])
  }

  @Test("a level's tokens are changed for everybody who has it")
  func level() async throws {
    let served = try await ServedDatabase.shared()
    // Of a level that no other test has.
    let tenant = try await served.makeTenant()
    try await served.script(
      """
      INSERT INTO tollgate.content_levels (level, title, tokens) VALUES (77, 'Own', 3000);
      SELECT tollgate.save_attribute('\(tenant.organizationID)', '00000000-0000-4000-8000-0000000000b1',
        repeat('a', 10000));
      SELECT tollgate.set_content_budget('\(tenant.organizationID)', 77, deactivates => true)
      """)
    let raised = try await Self.run(served, "level", "--level", "77", "--tokens", "5000")
    #expect(raised.output == "level 77 has 5000 tokens: 1 organizations, 0 attributes deactivated\n")
    let lowered = try await Self.run(served, "level", "--level", "77", "--tokens", "100", "--json")
    #expect(lowered.output == #"{"organizationCount":1,"deactivatedCount":1}"# + "\n")
    let unknown = try await Self.run(served, "level", "--level", "78", "--tokens", "5000")
    #expect(unknown.status == 1 && unknown.complaints == "tollgate: There is no such content level.\n")
    #expect(try await served.violations() == [])
  }

  @Test("what does not exist is said in a sentence")
  func unknown() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let nobody = "3f1b7c9e-0000-4000-8000-00000000000f"
    for (arguments, sentence) in [
      (["--organization", nobody, "--level", "1"], "There is no such organization."),
      (["--organization", tenant.organizationID, "--level", "9"], "There is no such content level."),
      (["--organization", tenant.organizationID, "--counter", "letters"], "There is no such counter."),
    ] {
      let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
      let outcome = try await Program.run(["budget", "set"] + arguments, environment: environment)
      #expect(outcome.status == 1 && outcome.complaints == "tollgate: \(sentence)\n")
    }
    let reset = try await Self.run(served, "reset", "--organization", nobody)
    #expect(reset.status == 1 && reset.complaints == "tollgate: There is no such organization.\n")
  }
}
