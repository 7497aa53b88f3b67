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

  @Test("a page goes on behind a user who was removed after being shown")
  func removedBetweenPages() async throws {
    for _ in 1...3 {
      _ = try await call("POST", body: #"{"organizationId":"\#(tenant.organizationID)","role":"member"}"#)
    }
    let all = try await page("?organizationId=\(tenant.organizationID)").ids
    let first = try await page("?organizationId=\(tenant.organizationID)&limit=2")
    #expect(all.count == 4 && first.ids == Array(all.prefix(2)))
    #expect(try await call("DELETE", "/\(all[1])").status == 200)
    let cursor = try #require(first.cursor)
    let second = try await page("?organizationId=\(tenant.organizationID)&limit=2&cursor=\(cursor)")
    #expect(second.ids == Array(all.suffix(2)))
  }

  private func page(_ query: String) async throws -> (ids: [String], cursor: String?) {
    let answer = try await call("GET", query).json()
    return (try #require(answer["data"]?.array).compactMap { $0["userId"]?.string }, answer["nextCursor"]?.string)
  }

  @Test("an email that cannot be seen is refused, and so it is in psql")
  func invisibleEmail() async throws {
    for email in ["", " ", #"\t\u200b"#] {
      let answer = try await call(
        "POST", body: #"{"organizationId":"\#(tenant.organizationID)","email":"\#(email)","role":"member"}"#)
      #expect(answer.status == 400, "'\(email)'")
    }
    for call in ["create_user('\(tenant.organizationID)', ' ')", "add_user('\(tenant.organizationID)', '')"] {
      await #expect(throws: (any Error).self) { try await served.script("SELECT tollgate.\(call)") }
    }
    #expect(try await page("?organizationId=\(tenant.organizationID)").ids == [tenant.userID])
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
