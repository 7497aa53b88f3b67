import Foundation
import JSON
import Testbed
import Testing

@Suite("admin/users")
struct UserRouteTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant
  private static let path = "/api/v1/admin/users"

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  private func call(
    _ method: String, _ target: String = "", key: String? = nil, body: String? = nil
  ) async throws -> RawClient.Answer {
    try await server.call(
      method, Self.path + target, token: server.tokens.service(),
      headers: key.map { [("Idempotency-Key", $0)] } ?? [], body: body)
  }

  @Test("a user is made once under a key, with the subject that is named, and may spend as its role says")
  func create() async throws {
    let id = UUID().uuidString.lowercased()
    let body =
      #"{"organizationId":"\#(tenant.organizationID)","userId":"\#(id)","email":"Eve@x.example","role":"viewer"}"#
    let made = try await call("POST", key: "user", body: body)
    #expect(made.status == 201)
    #expect(try made.json()["userId"]?.string == id)
    let again = try await call("POST", key: "user", body: body)
    #expect(again.status == 201 && again.body == made.body && again["Idempotent-Replayed"] == "true")
    let without = try await call("POST", body: body)
    #expect(without.status == 409)
    #expect(try without.json()["code"]?.string == "user_exists")
    let token = try server.tokens.user(id)
    let spending = #"{"featureUsed":"generate_goal"}"#
    #expect(try await server.call("POST", Path.deduct, token: token, body: spending).status == 403)
    let changed = try await call("PATCH", "/\(id)", body: #"{"role":"member"}"#)
    #expect(try changed.json()["role"]?.string == "member")
    #expect(try await server.call("POST", Path.deduct, token: token, body: spending).status == 200)
    let found = try await call("GET", "?search=eve@x.ex&organizationId=\(tenant.organizationID)").json()
    #expect(found["data"]?.array?.compactMap { $0["userId"]?.string } == [id])
  }

  @Test("whoever is removed is refused from the next request on, and what was spent stays")
  func remove() async throws {
    let spending = #"{"featureUsed":"generate_goal"}"#
    let charge = try await server.call("POST", Path.deduct, token: tenant.token, body: spending).json()
    let removed = try await call("DELETE", "/\(tenant.userID)")
    #expect(removed.status == 200)
    #expect(try removed.json()["organizationId"]?.string == tenant.organizationID)
    #expect(try await server.call("POST", Path.deduct, token: tenant.token, body: spending).status == 403)
    #expect(try await call("DELETE", "/\(tenant.userID)").status == 404)
    #expect(try await call("PATCH", "/\(tenant.userID)", body: #"{"role":"viewer"}"#).status == 404)
    let id = try #require(charge["transactionId"]?.string)
    let kept = "SELECT user_id FROM tollgate.ledger WHERE organization_id = '\(tenant.organizationID)' AND id = '\(id)'"
    #expect(try await served.text(kept) == tenant.userID)
    #expect(try await served.violations() == [])
  }

  @Test("users are listed in pages, of one organization or of all")
  func list() async throws {
    var ids = [tenant.userID]
    for _ in 1...2 {
      let made = try await call("POST", body: #"{"organizationId":"\#(tenant.organizationID)","role":"member"}"#)
      ids.insert(try #require(try made.json()["userId"]?.string), at: 0)
    }
    var found: [String] = []
    var cursor: String?
    repeat {
      let query = "?organizationId=\(tenant.organizationID)&limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")
      let page = try await call("GET", query).json()
      found += page["data"]?.array?.compactMap { $0["userId"]?.string } ?? []
      cursor = page["nextCursor"]?.string
    } while cursor != nil && found.count < 10
    #expect(found == ids)
    #expect(try await call("GET", "?search=\(ids[0])").json()["data"]?.array?.count == 1)
  }
}
