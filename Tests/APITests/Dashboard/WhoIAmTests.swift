import Testbed
import Testing

@testable import API

@Suite("Who one is")
struct WhoIAmTests {
  private static let path = "/api/v1/me"

  @Test("a user hears where it belongs and what it may do there, as of now")
  func user() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let id = tenant.organizationID
    let me = try await served.server.call("GET", Self.path, token: tenant.token).json()
    #expect(me["kind"]?.string == "user")
    #expect(me["organizationId"]?.string == id)
    #expect(me["organizationName"]?.string == "Test")
    #expect(me["plan"]?.string == "pro")
    #expect(me["status"]?.string == "active")
    #expect(me["userId"]?.string == tenant.userID)
    #expect(me["role"]?.string == "member")
    #expect(me["expiresAt"]?.string?.hasSuffix(".000000Z") == true)
    try await served.script(
      """
      SELECT tollgate.set_user_role('\(id)', '\(tenant.userID)', 'viewer');
      SELECT tollgate.suspend_organization('\(id)');
      """)
    let later = try await served.server.call("GET", Self.path, token: tenant.token).json()
    #expect(later["role"]?.string == "viewer")
    #expect(later["status"]?.string == "suspended")
  }

  @Test("a plan that waits for the reset is told when it has begun, and not before")
  func plan() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant(plan: "enterprise")
    let id = tenant.organizationID
    try await served.script("SELECT tollgate.change_plan('\(id)', 'pro', false)")
    let key = try await served.server.makeKey(of: id, ["read"])
    func look(plan: String, next: String?) async throws {
      for token in [tenant.token, key.text] {
        let me = try await served.server.call("GET", Self.path, token: token).json()
        #expect(me["plan"]?.string == plan)
        #expect(me["nextPlan"]?.string == next)
        #expect((me["nextPlanFrom"]?.string == nil) == (next == nil))
      }
    }
    try await look(plan: "enterprise", next: "pro")
    try await served.script(
      "UPDATE public.organizations SET next_plan_from = now() - interval '1 second' WHERE id = '\(id)'")
    try await look(plan: "pro", next: nil)
    // No server sweeps this database, and a change that has waited for ten minutes is a violation.
    #expect(try await served.text("SELECT tollgate.begin_next_plans(ARRAY['\(id)']::uuid[])") == "1")
  }

  @Test("a user whom no organization knows hears that alone; a service and a key what they are")
  func others() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let stranger = "3f1b7c9e-0000-4000-8000-0000000000aa"
    let nobody = try await served.server.call("GET", Self.path, token: try served.server.tokens.user(stranger)).json()
    #expect(nobody.names == ["kind", "userId", "expiresAt"])
    let service = try await served.server.call("GET", Self.path, token: try served.server.tokens.service()).json()
    #expect(service.names == ["kind", "expiresAt"])
    let key = try await served.server.makeKey(of: tenant.organizationID, ["read", "spend"])
    let own = try await served.server.call("GET", Self.path, token: key.text).json()
    #expect(own["organizationId"]?.string == tenant.organizationID)
    #expect(own["keyId"]?.string == key.id)
    #expect(own["scopes"]?.array?.compactMap(\.string) == ["read", "spend"])
    #expect(own["expiresAt"] == nil)
    let keyOfService = try await served.server.makeKey(of: nil, ["admin"])
    let general = try await served.server.call("GET", Self.path, token: keyOfService.text).json()
    #expect(general.names == ["kind", "keyId", "scopes"])
  }
}
