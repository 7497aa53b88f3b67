import JSON
import Testbed
import Testing
import Tokens

@testable import API

@Suite("admin/keys")
struct KeyRouteTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant
  private static let unknown = "3f1b7c9e-0000-4000-8000-00000000000f"

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  private func call(
    _ method: String, _ path: String = "", headers: [(String, String)] = [], body: String? = nil
  ) async throws -> RawClient.Answer {
    try await server.call(
      method, Path.keys + path, token: server.tokens.service(), headers: headers, body: body)
  }

  @Test("a key is shown once: the answer has it, and neither the list, the database nor the log does")
  func create() async throws {
    let answer = try await call(
      "POST",
      body: #"""
        {"organizationId":"\#(tenant.organizationID)","name":"Buchhaltung ✓","scopes":["spend","read"],
        "expiresAt":"2999-01-01T01:00:00+01:00"}
        """#)
    #expect(answer.status == 201)
    let made = try answer.json()
    let text = try #require(made["key"]?.string)
    let id = try #require(made["keyId"]?.string)
    #expect(APIKeyText(Array(text.utf8)[...])?.id.description == id)
    #expect(made["prefix"]?.string.map(text.hasPrefix) == true)
    #expect(made["organizationId"]?.string == tenant.organizationID && made["name"]?.string == "Buchhaltung ✓")
    #expect(made["scopes"]?.array == [.string("read"), .string("spend")])
    #expect(made["status"]?.string == "active" && made["expiresAt"]?.string == "2999-01-01T00:00:00.000000Z")
    #expect(made["createdBy"] == .null && made["lastUsedAt"] == .null && made["revokedAt"] == .null)

    let list = try await call("GET", "?organizationId=\(tenant.organizationID)")
    #expect(try list.json()["data"]?.array?.map { $0["keyId"]?.string } == [id])
    let secret = String(text.dropFirst(31).prefix(40))
    #expect(!list.body.contains(secret))
    #expect(try await server.call("GET", Path.balance, token: text).status == 200)
    #expect(server.log.containing(secret) == [])
    let rows = "SELECT count(*) FROM tollgate.api_keys AS key WHERE key::text LIKE '%\(secret)%'"
    #expect(try await served.text(rows) == "0")
  }

  @Test("a list has one owner's keys, newest first, in pages whose cursors are of this list")
  func list() async throws {
    var ids: [String] = []
    for _ in 1...3 { ids.insert(try await server.makeKey(of: tenant.organizationID, "read").id, at: 0) }
    let query = "?organizationId=\(tenant.organizationID)&limit=2"
    let first = try await call("GET", query).json()
    #expect(first["data"]?.array?.compactMap { $0["keyId"]?.string } == Array(ids.prefix(2)))
    let cursor = try #require(first["nextCursor"]?.string)
    let second = try await call("GET", query + "&cursor=\(cursor)").json()
    #expect(second["data"]?.array?.compactMap { $0["keyId"]?.string } == [ids[2]])
    #expect(second["nextCursor"] == .null)
    let other = try await served.makeTenant()
    #expect(try await call("GET", "?organizationId=\(other.organizationID)&cursor=\(cursor)").status == 400)
    #expect(try await call("GET", "?cursor=\(cursor)").status == 400)
    #expect(try await call("GET", "?organizationId=\(other.organizationID)").json()["data"]?.array == [])
    #expect(try await call("GET", "?organizationId=\(Self.unknown)").status == 404)
    for query in ["?organizationId=x", "?limit=0", "?limit=501", "?name=a", "?cursor=x"] {
      #expect(try await call("GET", query).status == 400, "\(query)")
    }
    // Without an organization they are the service's.
    let ofService = try await server.makeKey(of: nil, "read")
    let page = try await call("GET", "?limit=500").json()["data"]?.array ?? []
    #expect(page.contains { $0["keyId"]?.string == ofService.id })
    #expect(page.allSatisfy { $0["organizationId"] == .null })
  }

  @Test("a key that is revoked is refused from the next request on, and revoking twice is once")
  func revoke() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read")
    for _ in 1...3 { #expect(try await server.status(of: key) == 200) }
    let first = try await call("DELETE", "/\(key.id)")
    #expect(first.status == 200)
    #expect(try first.json()["status"]?.string == "revoked")
    #expect(try await server.status(of: key) == 401)
    let second = try await call("DELETE", "/\(key.id)")
    #expect(try second.json()["revokedAt"] == first.json()["revokedAt"])
    let rotation = try await call("POST", "/\(key.id)/rotate")
    #expect(rotation.status == 409)
    #expect(try rotation.json()["code"]?.string == "key_not_active")
  }

  @Test("after a rotation both keys are valid, and without a grace the new one alone")
  func rotate() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read", "spend")
    #expect(try await server.status(of: key) == 200)
    let answer = try await call("POST", "/\(key.id)/rotate")
    #expect(answer.status == 201)
    let body = try answer.json()
    let second = MadeKey(id: try #require(body["keyId"]?.string), text: try #require(body["key"]?.string))
    #expect(body["replaces"]?.string == key.id && second.id != key.id)
    #expect(body["scopes"]?.array == [.string("read"), .string("spend")])
    #expect(body["organizationId"]?.string == tenant.organizationID)
    for key in [key, second] { #expect(try await server.status(of: key) == 200) }

    let third = try await call("POST", "/\(second.id)/rotate", body: #"{"graceSeconds":0}"#).json()
    #expect(try await server.status(of: second) == 401)
    let text = try #require(third["key"]?.string)
    #expect(try await server.call("GET", Path.balance, token: text).status == 200)
    #expect(try await call("POST", "/\(key.id)/rotate").status == 409)
    let statuses = try await call("GET", "?organizationId=\(tenant.organizationID)").json()["data"]?.array
    #expect(statuses?.compactMap { $0["status"]?.string } == ["active", "replaced", "in_grace"])
    for body in [#"{"graceSeconds":-1}"#, #"{"graceSeconds":2592001}"#, #"{"graceSeconds":1.0}"#, #"{"grace":1}"#] {
      #expect(try await call("POST", "/\(key.id)/rotate", body: body).status == 400)
    }
  }

  @Test(
    "a body that describes no key is 400",
    arguments: [
      "{}", #"{"name":"a"}"#, #"{"scopes":["read"]}"#, #"{"name":"a","scopes":[]}"#,
      #"{"name":"a","scopes":["write"]}"#,
      #"{"name":"a","scopes":["read","read"]}"#, #"{"name":"a","scopes":"read"}"#, #"{"name":"a","scopes":[1]}"#,
      #"{"name":"a","scopes":["READ"]}"#, #"{"name":"","scopes":["read"]}"#, #"{"name":"\u0000","scopes":["read"]}"#,
      #"{"name":"\#(String(repeating: "x", count: 201))","scopes":["read"]}"#,
      #"{"name":"a","scopes":["read"],"organizationId":"x"}"#, #"{"name":"a","scopes":["read"],"expiresAt":"soon"}"#,
      #"{"name":"a","scopes":["read"],"expiresAt":"2020-01-01T00:00:00Z"}"#,
      #"{"name":"a","scopes":["read"],"key":"tg_live_"}"#, #"{"name":"a","scopes":["read"],"scopes":["admin"]}"#,
    ])
  func malformed(body: String) async throws {
    #expect(try await call("POST", body: body).status == 400)
  }

  @Test("a key is shown once, so that no request can be repeated under an Idempotency-Key")
  func idempotencyKey() async throws {
    let headers = [("Idempotency-Key", "k")]
    let body = #"{"organizationId":"\#(tenant.organizationID)","name":"a","scopes":["read"]}"#
    #expect(try await call("POST", headers: headers, body: body).status == 400)
    let key = try await server.makeKey(of: tenant.organizationID, "read")
    #expect(try await call("POST", "/\(key.id)/rotate", headers: headers).status == 400)
    let count = "SELECT count(*) FROM tollgate.api_keys WHERE organization_id = '\(tenant.organizationID)'"
    #expect(try await served.text(count) == "1")
  }

  @Test("what does not exist is 404: an organization, a key, and what is no id")
  func unknown() async throws {
    let body = #"{"organizationId":"\#(Self.unknown)","name":"a","scopes":["read"]}"#
    #expect(try await call("POST", body: body).status == 404)
    for id in [Self.unknown, "x", "%2F"] {
      #expect(try await call("DELETE", "/\(id)").status == 404)
      #expect(try await call("POST", "/\(id)/rotate").status == 404)
    }
  }

  @Test("keys are for trusted servers: a token of a user and a key of an organization get 403, and nobody 401")
  func callers() async throws {
    let victim = try await server.makeKey(of: tenant.organizationID, "read")
    let own = try await server.makeKey(of: tenant.organizationID, "read", "spend", "admin")
    let reader = try await server.makeKey(of: nil, "read", "spend")
    let administrator = try await server.makeKey(of: nil, "admin")
    let body = #"{"organizationId":"\#(tenant.organizationID)","name":"a","scopes":["read"]}"#
    let requests = [
      ("POST", "", body, 201), ("GET", "?organizationId=\(tenant.organizationID)", nil, 200),
      ("POST", "/\(victim.id)/rotate", "{}", 201), ("DELETE", "/\(victim.id)", nil, 200),
    ]
    for (method, path, body, granted) in requests {
      for (token, status) in [
        (nil, 401), (tenant.token, 403), (own.text, 403), (reader.text, 403), (administrator.text, granted),
      ] {
        let answer = try await server.call(method, Path.keys + path, token: token, body: body)
        #expect(answer.status == status, "\(method) \(path)")
      }
    }
    let makers = "SELECT string_agg(DISTINCT created_by::text, ',') FROM tollgate.api_keys WHERE organization_id = "
    #expect(try await served.text(makers + "'\(tenant.organizationID)'") == administrator.id)
  }
}
