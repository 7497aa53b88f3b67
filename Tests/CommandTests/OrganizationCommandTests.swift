import Cluster
import JSON
import Testbed
import Testing

@Suite("tollgate org plan, suspend and resume")
struct OrganizationCommandTests {
  @Test("a plan is previewed, changed, waits and is changed at once, by the server's login")
  func plan() async throws {
    let served = try await ServedDatabase.shared()
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    let tenant = try await served.makeTenant()
    func change(_ arguments: String...) async throws -> Program.Outcome {
      try await Program.run(
        ["org", "plan", "--organization", tenant.organizationID] + arguments, environment: environment)
    }
    let foreseen = try await change("--plan", "enterprise", "--preview", "--json")
    #expect(foreseen.status == 0)
    let preview = try parseJSON(Array(foreseen.output.utf8))
    #expect(preview["preview"] == .boolean(true) && preview["plan"]?.string == "pro")
    #expect(preview["balanceChanges"]?.array?.count == 5)

    let upgraded = try await change("--plan", "enterprise")
    #expect(upgraded.output.hasPrefix("plan enterprise, active\nforecast: 30 → 230, allocated 30 → 230 from 20"))
    let waiting = try await change("--plan", "pro", "--json")
    #expect(try parseJSON(Array(waiting.output.utf8))["nextPlan"]?.string == "pro")
    #expect(try await change("--plan", "pro").output.hasPrefix("plan enterprise, pro from 20"))
    #expect(
      try await change("--plan", "pro", "--when", "now").output.contains("\nforecast: 230 → 30, allocated 230 → 30"))
    #expect(
      try await change("--plan", "enterprise", "--when", "reset").output.hasPrefix("plan pro, enterprise from 20"))

    let unknown = try await change("--plan", "gold")
    #expect(unknown.status == 1 && unknown.complaints == "tollgate: There is no such plan.\n")
    #expect(try await change("--plan", "pro", "--when", "later").status == 2)
    #expect(try await change().status == 2)
    #expect(try await served.violations() == [])
  }

  @Test("an organization is suspended and resumed, however often one says so")
  func suspension() async throws {
    let served = try await ServedDatabase.shared()
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    let tenant = try await served.makeTenant()
    for (command, status) in [
      ("suspend", "suspended"), ("suspend", "suspended"), ("resume", "active"), ("resume", "active"),
    ] {
      let outcome = try await Program.run(
        ["org", command, "--organization", tenant.organizationID], environment: environment)
      #expect(outcome.status == 0 && outcome.output == "plan pro, \(status)\n")
    }
    let kinds = "SELECT string_agg(kind || coalesce(' ' || (payload ->> 'reason'), ''), ',' ORDER BY event_id) "
    #expect(
      try await served.text(kinds + "FROM tollgate.events WHERE organization_id = '\(tenant.organizationID)'")
        == "organization_suspended,organization_resumed")
    let unknown = try await Program.run(
      ["org", "suspend", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--reason", "unpaid", "--json"],
      environment: environment)
    #expect(unknown.status == 1 && unknown.complaints == "tollgate: There is no such organization.\n")
    #expect(try await Program.run(["org", "resume", "--organization", "x"], environment: environment).status == 2)
  }
}
