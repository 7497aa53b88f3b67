import Glibc
import Testbed
import Testing

@Suite("tollgate token mint")
struct TokenCommandTests {
  @Test("a service's token has the name that it is minted with, and the audit log says so")
  func named() async throws {
    let serving = try await Serving()
    let tenant = try await serving.served.makeTenant()
    let minted = try await Program.run(
      ["token", "mint", "--service", "--name", "ada@example.org"], environment: serving.environment)
    #expect(minted.status == 0)
    let suspended = try await serving.address.send(
      "PATCH", "/api/v1/admin/organizations/\(tenant.organizationID)", token: String(minted.output.dropLast()),
      body: #"{"status":"suspended"}"#)
    #expect(suspended.status == 200)
    let actor = try await serving.served.text(
      """
      SELECT concat_ws(' ', actor_kind, actor_id) FROM tollgate.audit_log
      WHERE change = 'organization.update' AND organization_id = '\(tenant.organizationID)'
      """)
    #expect(actor == "service ada@example.org")
    let outcome = try await serving.end(SIGTERM)
    #expect(outcome.status == 0)
  }

  @Test(
    "a name that cannot be shown, or is a user's, is wrong usage",
    arguments: [
      ["--service", "--name", "a\nb"], ["--service", "--name", ""],
      ["--user", "3f1b7c9e-0000-4000-8000-00000000000f", "--name", "a"],
    ])
  func wrong(arguments: [String]) async throws {
    let environment = ["TOLLGATE_JWT_SECRET": String(repeating: "s", count: 32)]
    let outcome = try await Program.run(["token", "mint"] + arguments, environment: environment)
    #expect(outcome.status == 2)
    #expect(outcome.complaints.contains("--name"))
  }
}
