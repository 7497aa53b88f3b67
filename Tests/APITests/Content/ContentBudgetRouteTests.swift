import Foundation
import JSON
import Testbed
import Testing

@Suite("admin/budgets")
struct ContentBudgetRouteTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  private func call(
    _ method: String, _ path: String, _ body: String? = nil, headers: [(String, String)] = []
  ) async throws -> RawClient.Answer {
    try await server.call(
      method, Path.budgets + path, token: try server.tokens.service(), headers: headers, body: body)
  }

  private func change(_ body: String) async throws -> RawClient.Answer {
    try await call("PUT", "/\(tenant.organizationID)", body)
  }

  @Test("an administrator changes what is given and nothing else; a level takes an override away")
  func change() async throws {
    for (body, told) in [
      (#"{"level":2}"#, "2 Professional null 6000 false utf16_quarter"),
      (#"{"deactivatesAutomatically":true}"#, "2 Professional null 6000 true utf16_quarter"),
      (#"{"budgetTokens":5000}"#, "2 Professional 5000 5000 true utf16_quarter"),
      (#"{"counter":"utf16_quarter","level":null}"#, "2 Professional 5000 5000 true utf16_quarter"),
      (#"{"level":4}"#, "4 Unlimited null 25000 true utf16_quarter"),
      (#"{"level":0,"deactivatesAutomatically":false}"#, "null null null 15000 false utf16_quarter"),
    ] {
      let answer = try await change(body)
      #expect(answer.status == 200)
      let changed = try answer.json()
      #expect(changed["organizationId"]?.string == tenant.organizationID && changed["name"]?.string == "Test")
      let members = ["level", "levelName", "budgetTokens", "budget", "deactivatesAutomatically", "counter"]
      let values = members.map { name in
        switch changed[name] {
        case .string(let text)?: text
        case .null?, nil: "null"
        case let value?: String(decoding: value.encoded(), as: UTF8.self)
        }
      }
      #expect(values.joined(separator: " ") == told)
    }
  }

  @Test("a lower level deactivates what was used least, where that is configured, and tells what")
  func lowering() async throws {
    _ = try await change(#"{"level":3,"deactivatesAutomatically":true}"#)
    let ids = (1...4).map { _ in UUID().uuidString.lowercased() }
    for (number, id) in ids.enumerated() {
      try await served.saveAttribute(id, of: tenant, content(tokens: 2000))
      for _ in 0..<number {
        _ = try await server.call("POST", "\(Path.attributes)/\(id)/uses", token: tenant.token)
      }
    }
    let changed = try await change(#"{"level":1}"#).json()
    #expect(changed["deactivated"]?.array?.compactMap { $0["id"]?.string } == Array(ids.prefix(3)))
    #expect(changed["used"]?.integer == 2000 && changed["percentUsed"]?.integer == 67)
    let events = try await served.text(
      """
      SELECT string_agg(payload ->> 'attributeId', ',' ORDER BY event_id) FROM tollgate.events
      WHERE kind = 'content_deactivated' AND organization_id = '\(tenant.organizationID)'
      """)
    #expect(events == ids.prefix(3).joined(separator: ","))
    #expect(try await served.violations() == [])
  }

  @Test(
    "what is out of range, unknown or nothing is refused",
    arguments: [
      ("{}", 400), (#"{"level":null}"#, 400), (#"{"level":-1}"#, 400), (#"{"level":"2"}"#, 400),
      (#"{"level":5}"#, 422), (#"{"level":2147483648}"#, 400), (#"{"budgetTokens":0}"#, 422),
      (#"{"budgetTokens":1000000000000001}"#, 422), (#"{"counter":"letters"}"#, 422), (#"{"counter":"No name"}"#, 422),
      (#"{"counter":1}"#, 400), (#"{"deactivatesAutomatically":"yes"}"#, 400), (#"{"level":1,"more":1}"#, 400),
    ])
  func refused(body: String, status: Int) async throws {
    #expect(try await change(body).status == status)
    let count = "SELECT count(*) FROM tollgate.content_budgets WHERE organization_id = '\(tenant.organizationID)'"
    #expect(try await served.text(count) == "0")
  }

  @Test("an unknown organization is 404")
  func unknown() async throws {
    for id in [UUID().uuidString, "x", "00000000-0000-0000-0000-000000000000"] {
      #expect(try await call("PUT", "/\(id)", #"{"level":1}"#).status == 404)
      #expect(try await call("POST", "/\(id)/reset").status == 404)
    }
  }

  @Test("a reset deactivates everything, once under an idempotency key")
  func reset() async throws {
    let id = UUID().uuidString.lowercased()
    try await served.saveAttribute(id, of: tenant, content(tokens: 100))
    let path = "/\(tenant.organizationID)/reset"
    let first = try await call("POST", path, "{}", headers: [("Idempotency-Key", "reset")])
    #expect(
      first.body == #"{"organizationId":"\#(tenant.organizationID)","deactivatedCount":1,"tokens":100}"#)
    try await served.saveAttribute(id, of: tenant, content(tokens: 100, #","active":true"#))
    let again = try await call("POST", path, "{}", headers: [("Idempotency-Key", "reset")])
    #expect(again.body == first.body && again["Idempotent-Replayed"] == "true")
    let other = try await call("POST", path)
    #expect(try other.json()["deactivatedCount"]?.integer == 1)
  }

  @Test("administrators see every client's usage, fullest first")
  func list() async throws {
    try await ServedDatabase.with { served in
      let tenants = [try await served.makeTenant(), try await served.makeTenant(), try await served.makeTenant()]
      try await served.saveAttribute(UUID().uuidString, of: tenants[1], content(tokens: 14_000))
      try await served.saveAttribute(UUID().uuidString, of: tenants[0], content(tokens: 100))
      let service = try served.server.tokens.service()
      for (sort, expected) in [("percentUsed", [1, 0, 2]), ("newest", [2, 1, 0])] {
        var listed: [String] = []
        var cursor: String?
        repeat {
          let target = Path.budgets + "?limit=1&sort=\(sort)" + (cursor.map { "&cursor=\($0)" } ?? "")
          let page = try await served.server.call("GET", target, token: service).json()
          listed += page["data"]?.array?.compactMap { $0["organizationId"]?.string } ?? []
          cursor = page["nextCursor"]?.string
        } while cursor != nil
        #expect(listed == expected.map { tenants[$0].organizationID })
      }
      let first = try await served.server.call("GET", Path.budgets + "?limit=1", token: service).json()
      let cursor = try #require(first["nextCursor"]?.string)
      for query in ["sort=percentUsed&cursor=\(cursor)", "sort=name", "cursor=x", "limit=0", "more=1"] {
        #expect(try await served.server.call("GET", Path.budgets + "?\(query)", token: service).status == 400)
      }
    }
  }
}
