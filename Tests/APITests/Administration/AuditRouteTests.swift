import Foundation
import JSON
import Testbed
import Testing

@Suite("admin/audit")
struct AuditRouteTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  /// Changes something, as a trusted server unless a token is given, in a request of this id.
  private func change(
    _ method: String, _ target: String, _ body: String? = nil, token: String? = nil, id: String
  ) async throws {
    let answer = try await server.call(
      method, "/api/v1/admin/\(target)", token: token ?? server.tokens.service(), headers: [("X-Request-Id", id)],
      body: body)
    #expect((200...201).contains(answer.status), "\(method) \(target): \(answer.body)")
  }

  private func records(_ query: String = "") async throws -> [JSONValue] {
    let answer = try await server.call(
      "GET", "/api/v1/admin/audit?organizationId=\(tenant.organizationID)\(query)", token: server.tokens.service())
    #expect(answer.status == 200, "\(answer.body)")
    return try #require(try answer.json()["data"]?.array)
  }

  @Test("every route by which something is changed is recorded under whoever asked, with the request's id")
  func routes() async throws {
    let id = tenant.organizationID
    let (key, keyID) = try await serviceKey()
    let organization = "organizations/\(id)"
    let asked: [(String, String, String?, change: String)] = [
      ("PATCH", organization, #"{"plan":"enterprise"}"#, "organization.update"),
      ("POST", organization + "/adjust", #"{"tokenType":"general","amount":5,"reason":"why"}"#, "balance.adjust"),
      ("POST", organization + "/reset", #"{"tokenType":"general"}"#, "balance.reset"),
      ("PUT", organization + "/auto-top-ups/general", #"{"below":1,"amount":10}"#, "auto_top_up.create"),
      ("DELETE", organization + "/auto-top-ups/general", nil, "auto_top_up.delete"),
      ("PUT", "caches/own", #"{"organizationId":"\#(id)","keyMembers":["a"],"ttlSeconds":60}"#, "cache.create"),
      ("DELETE", "caches/own?organizationId=\(id)", nil, "cache.delete"),
      ("POST", "keys", #"{"organizationId":"\#(id)","name":"Key","scopes":["read"]}"#, "key.create"),
      ("POST", "users", #"{"organizationId":"\#(id)","role":"member"}"#, "user.create"),
      ("PUT", "budgets/\(id)", #"{"level":2}"#, "content_budget.update"),
      (
        "POST", "alerts", #"{"organizationId":"\#(id)","condition":"available_below","threshold":1}"#, "alert.create"
      ),
      (
        "POST", "webhooks", #"{"organizationId":"\#(id)","url":"https://127.0.0.1:1/","events":[]}"#, "webhook.create"
      ),
      ("DELETE", "users/\(tenant.userID)", nil, "user.delete"),
    ]
    for (number, (method, target, body, _)) in asked.enumerated() {
      try await change(method, target, body, token: number.isMultiple(of: 2) ? key : nil, id: "asked-\(number)")
    }
    let found = Array(try await records("&limit=\(asked.count)").reversed())
    let expectedIDs: [String] = asked.indices.map { "asked-\($0)" }
    let expectedActors: [String] = asked.indices.map { $0.isMultiple(of: 2) ? "key \(keyID)" : "service none" }
    let actors: [String] = found.map { record in
      let (kind, id) = (record["actor"]?["kind"]?.string, record["actor"]?["id"]?.string)
      return [kind ?? "", id ?? "none"].joined(separator: " ")
    }
    #expect(found.compactMap { $0["change"]?.string } == asked.map(\.change))
    #expect(found.compactMap { $0["requestId"]?.string } == expectedIDs)
    #expect(actors == expectedActors)
    #expect(Set(found.compactMap { $0["actor"]?["databaseRole"]?.string }) == ["tollgate_server"])
    let adjusted = try #require(found.first { $0["change"]?.string == "balance.adjust" })
    #expect(adjusted["before"]?["balance"]?.integer == 550 && adjusted["after"]?["balance"]?.integer == 555)
    #expect(adjusted["after"]?["reason"]?.string == "why" && adjusted["subject"]?.string == "general")
    #expect(try await served.violations() == [])
  }

  @Test("of two operators with tokens of their own the log knows which one it was, and finds what one did")
  func operators() async throws {
    let organization = "organizations/\(tenant.organizationID)"
    for (name, status, id) in [("ada@example.org", "suspended", "one"), ("Grète, on call", "active", "two")] {
      let token = try server.tokens.mint(subject: name, role: "service_role")
      try await change("PATCH", organization, #"{"status":"\#(status)"}"#, token: token, id: id)
      try await change(
        "POST", organization + "/adjust", #"{"tokenType":"general","amount":1}"#, token: token, id: id)
    }
    let found = try await records("&limit=4")
    #expect(found.compactMap { $0["requestId"]?.string } == ["two", "two", "one", "one"])
    #expect(Set(found.compactMap { $0["actor"]?["kind"]?.string }) == ["service"])
    #expect(
      found.compactMap { $0["actor"]?["id"]?.string }
        == ["Grète, on call", "Grète, on call", "ada@example.org", "ada@example.org"])
    #expect(try await requests("&actor=ada@example.org") == ["one", "one"])
  }

  @Test("a service whose token names nobody that could be shown is refused, one of 255 characters is not")
  func unprintable() async throws {
    let target = "/api/v1/admin/audit?limit=1"
    for name in ["", " ", "a\nb", "a\u{202E}b", "\u{200B}", "\u{3164}", String(repeating: "é", count: 256)] {
      let token = try server.tokens.mint(subject: name, role: "service_role")
      #expect(try await server.call("GET", target, token: token).status == 403, "\(name.unicodeScalars)")
    }
    let longest = try server.tokens.mint(subject: String(repeating: "é", count: 255), role: "service_role")
    try await change(
      "PATCH", "organizations/\(tenant.organizationID)", #"{"status":"suspended"}"#, token: longest, id: "long")
    #expect(try await requests("&change=organization.update") == ["long"])
  }

  /// A key of the service with the scope `admin`, and its id.
  private func serviceKey() async throws -> (text: String, id: String) {
    let answer = try await server.call(
      "POST", Path.keys, token: server.tokens.service(), body: #"{"name":"Console","scopes":["admin"]}"#)
    let made = try answer.json()
    return (try #require(made["key"]?.string), try #require(made["keyId"]?.string))
  }

  @Test("what is refused is not recorded, and a request answered again under its key is recorded once")
  func refused() async throws {
    let target = "/api/v1/admin/organizations/\(tenant.organizationID)"
    let token = try server.tokens.service()
    let before = try await records().count
    #expect(try await server.call("PATCH", target, token: token, body: #"{"plan":"gold"}"#).status == 422)
    #expect(try await server.call("PATCH", target, token: tenant.token, body: #"{"plan":"pro"}"#).status == 403)
    #expect(try await records().count == before)
    for id in ["first", "second"] {
      let answer = try await server.call(
        "POST", target + "/adjust", token: token, headers: [("Idempotency-Key", "once"), ("X-Request-Id", id)],
        body: #"{"tokenType":"general","amount":5}"#)
      #expect(answer.status == 200)
    }
    let recorded = try await records()
    #expect(recorded.count == before + 1)
    #expect(recorded.first?["requestId"]?.string == "first")
  }

  @Test("the log is filtered by change, actor and time, and read in pages")
  func filters() async throws {
    let (key, keyID) = try await serviceKey()
    let target = "organizations/\(tenant.organizationID)"
    try await change("PATCH", target, #"{"status":"suspended"}"#, id: "one")
    try await change("PATCH", target, #"{"status":"active"}"#, token: key, id: "two")
    #expect(try await requests("&change=organization.update") == ["two", "one"])
    #expect(try await requests("&actor=\(keyID)") == ["two"])
    #expect(try await requests("&from=2999-01-01T00:00:00Z") == [])
    #expect(try await requests("&from=2020-01-01T00:00:00Z&change=organization.update") == ["two", "one"])
    #expect(try await requests("&to=2020-01-01T00:00:00Z") == [])
    let first = try await server.call(
      "GET", "/api/v1/admin/audit?organizationId=\(tenant.organizationID)&limit=1", token: server.tokens.service())
    let cursor = try #require(try first.json()["nextCursor"]?.string)
    #expect(try await requests("&limit=1&cursor=\(cursor)") == ["one"])
  }

  private func requests(_ query: String) async throws -> [String] {
    try await records(query).compactMap { $0["requestId"]?.string }
  }
}
