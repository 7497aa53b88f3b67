import Cluster
import Foundation
import Testbed
import Testing

@Suite("Users of no organization")
struct StrangerTests {
  private static let spending = Array(#"{"featureUsed":"generate_goal"}"#.utf8)

  private static func deduct(_ server: TestServer, _ token: String) async throws -> Int {
    try await server.send("POST", Path.deduct, token: token, body: spending).status
  }

  @Test("are refused without PostgreSQL being asked again, and let in at once by the server that adds them")
  func refusedAndAdded() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await served.makeTenant()
      let id = UUID().uuidString.lowercased()
      let token = try server.tokens.user(id)
      #expect(try await Self.deduct(server, token) == 403)
      // Whoever has to ask what nobody can answer any more gets 500.
      try await served.script("ALTER FUNCTION tollgate.organization_of(uuid) RENAME TO organization_of_away")
      #expect(try await Self.deduct(server, token) == 403)
      #expect(try await server.send("GET", "/api/v1/me", token: token).status == 200)
      #expect(try await Self.deduct(server, token) == 403)
      #expect(try await Self.deduct(server, try server.tokens.user(UUID().uuidString.lowercased())) == 500)
      try await served.script("ALTER FUNCTION tollgate.organization_of_away(uuid) RENAME TO organization_of")
      #expect(try await Self.deduct(server, token) == 403)
      let body = #"{"organizationId":"\#(tenant.organizationID)","userId":"\#(id)","role":"member"}"#
      let added = try await server.send(
        "POST", "/api/v1/admin/users", token: server.tokens.service(), body: Array(body.utf8))
      #expect(added.status == 201)
      #expect(try await Self.deduct(server, token) == 200)
    }
  }

  @Test("are let in within five seconds by a server that did not add them")
  func elsewhere() async throws {
    let served = try await ServedDatabase.shared()
    let (server, tenant) = (served.server, try await served.makeTenant())
    let id = UUID().uuidString.lowercased()
    let token = try server.tokens.user(id)
    #expect(try await Self.deduct(server, token) == 403)
    try await served.script("SELECT tollgate.add_user('\(tenant.organizationID)', NULL, 'member', '\(id)')")
    let added = ContinuousClock.now
    var sent = added
    while try await Self.deduct(server, token) == 403 {
      try #require(sent - added <= .seconds(5))
      sent = .now
    }
    #expect(try await Self.deduct(server, token) == 200)
  }
}
