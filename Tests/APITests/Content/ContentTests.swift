import Foundation
import JSON
import Testbed
import Testing

@Suite("api/token-usage and api/attributes")
struct ContentTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant
  private let other: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
    other = try await served.makeTenant()
  }

  private func call(
    _ method: String, _ target: String, _ body: String? = nil, by asker: Tenant? = nil,
    headers: [(String, String)] = []
  ) async throws -> RawClient.Answer {
    try await server.call(method, target, token: (asker ?? tenant).token, headers: headers, body: body)
  }

  private func save(_ id: String, _ body: String, by asker: Tenant? = nil) async throws -> RawClient.Answer {
    try await call("PUT", "\(Path.attributes)/\(id)", body, by: asker)
  }

  private func usage() async throws -> JSONValue { try await call("GET", Path.tokenUsage).json() }

  private static func newID() -> String { UUID().uuidString.lowercased() }

  @Test("the lines that apps show people are the ones they are used to")
  func lines() async throws {
    _ = try await served.setBudget(of: tenant, #"{"budgetTokens":5000}"#)
    let id = Self.newID()
    _ = try await save(id, content(tokens: 1250))
    var usage = try await usage()
    #expect(usage["message"]?.string == "Token Usage: 1,250 / 5,000 tokens (25% used)")
    #expect(usage["warning"] == nil)
    _ = try await save(id, content(tokens: 4000))
    #expect(try await self.usage()["warning"] == nil)
    _ = try await save(id, content(tokens: 4250))
    usage = try await self.usage()
    #expect(usage["message"]?.string == "Token Usage: 4,250 / 5,000 tokens (85% used)")
    #expect(usage["warning"]?.string == "Warning: Only 750 tokens remaining")
    let refused = try await save(id, content(tokens: 5001))
    #expect(refused.status == 409)
    let exceeded = "Budget exceeded. Please deactivate attributes or upgrade plan."
    #expect(try refused.json()["message"]?.string == exceeded)
    #expect(try refused.json()["detail"]?.string == exceeded)
    _ = try await served.setBudget(of: tenant, #"{"level":1}"#)
    usage = try await self.usage()
    #expect(usage["message"]?.string == "Token Usage: 4,250 / 3,000 tokens (142% used)")
    #expect(usage["warning"]?.string == exceeded)
  }

  @Test("token-usage has the figures, the level and the ten attributes with most tokens")
  func figures() async throws {
    #expect(
      try await call("GET", Path.tokenUsage).body
        == #"{"used":0,"budget":15000,"remaining":15000,"percentUsed":0,"level":null,"levelName":null,"state":"safe","#
        + #""message":"Token Usage: 0 / 15,000 tokens (0% used)","largest":[],"deactivate":[]}"#)
    _ = try await served.setBudget(of: tenant, #"{"level":2}"#)
    var ids: [String] = []
    for number in 1...12 {
      ids.append(Self.newID())
      _ = try await save(ids[number - 1], content(tokens: number * 10, number == 12 ? #","active":false"# : ""))
    }
    let usage = try await usage()
    #expect(usage["used"]?.integer == 660 && usage["budget"]?.integer == 6000 && usage["remaining"]?.integer == 5340)
    #expect(usage["percentUsed"]?.integer == 11 && usage["level"]?.integer == 2)
    #expect(usage["levelName"]?.string == "Professional")
    let largest = try #require(usage["largest"]?.array)
    #expect(largest.compactMap { $0["tokens"]?.integer } == (2...11).reversed().map { Int64($0 * 10) })
    #expect(largest.compactMap { $0["id"]?.string } == (2...11).reversed().map { ids[$0 - 1] })
  }

  @Test("validate-budget says what the same PUT would come to, and changes nothing")
  func validation() async throws {
    _ = try await served.setBudget(of: tenant, #"{"level":1}"#)
    let (kept, id) = (Self.newID(), Self.newID())
    _ = try await save(kept, content(tokens: 1000))
    for (tokens, more, fits) in [
      (2000, "", true), (2001, "", false), (2001, #","active":false"#, true), (0, #","active":true"#, true),
    ] {
      let body = content(tokens: tokens, more)
      let foreseen = try await call("POST", "\(Path.attributes)/\(id)/validate-budget", body)
      #expect(foreseen.status == 200)
      let decision = try foreseen.json()
      #expect(decision["fits"] == .boolean(fits) && decision["tokens"]?.integer == Int64(tokens))
      #expect(try await usage()["used"]?.integer == 1000)
      #expect(try await call("GET", Path.attributes).json()["data"]?.array?.count == 1)
      let saved = try await save(id, body)
      #expect(saved.status == (fits ? 200 : 409))
      let result = try saved.json()
      for name in decision.names { #expect(result[name] == decision[name], "\(name)") }
      if !fits {
        #expect(result["code"]?.string == "budget_exceeded")
        #expect(result["deactivate"]?.array?.compactMap { $0["id"]?.string } == [kept])
      }
      if fits { #expect(try await call("DELETE", "\(Path.attributes)/\(id)").status == 200) }
    }
  }

  @Test("activation is all or nothing, and 409 with the members of validate-budget beyond the budget")
  func activation() async throws {
    _ = try await served.setBudget(of: tenant, #"{"level":1}"#)
    let ids = [Self.newID(), Self.newID()]
    for id in ids { _ = try await save(id, content(tokens: 1600, #","active":false"#)) }
    func activate(_ ids: [String]) async throws -> RawClient.Answer {
      let list = ids.map { #""\#($0)""# }.joined(separator: ",")
      return try await call("POST", Path.attributes + "/activate", #"{"ids":[\#(list)]}"#)
    }
    let refused = try await activate(ids)
    #expect(refused.status == 409)
    let members = try refused.json()
    #expect(members["fits"] == .boolean(false) && members["usedAfter"]?.integer == 3200)
    #expect(members["tokens"]?.integer == 3200 && members["budget"]?.integer == 3000)
    #expect(try await activate([ids[0], Self.newID()]).status == 404)
    #expect(try await activate([ids[0], "x"]).status == 404)
    #expect(try await usage()["used"]?.integer == 0)
    let done = try await activate([ids[0]])
    #expect(done.status == 200)
    #expect(
      done.body
        == #"{"fits":true,"used":0,"usedAfter":1600,"budget":3000,"tokens":1600,"#
        + #""message":"Token Usage: 1,600 / 3,000 tokens (53% used)","deactivate":[]}"#)
    // Deactivating frees the tokens.
    _ = try await save(ids[0], content(tokens: 1600, #","active":false"#))
    #expect(try await activate([ids[1]]).status == 200)
    #expect(try await served.violations() == [])
  }

  @Test("examples and signals are texts or lists of texts, kept as they were sent, and counted text by text")
  func texts() async throws {
    let id = Self.newID()
    let body = #"{"instructions":"😀","examples":["abcde","",null],"signals":"ab"}"#
    #expect(try await save(id, body).status == 400)
    let saved = try await save(id, body.replacing(",null", with: ""))
    #expect(try saved.json()["tokens"]?.integer == 4)
    #expect(try saved.json()["active"] == .boolean(true))
    let page = try await call("GET", Path.attributes).json()
    let kept = try #require(page["data"]?.array?.first)
    #expect(kept["examples"] == .array([.string("abcde"), .string("")]) && kept["signals"] == .string("ab"))
    #expect(kept["instructions"]?.string == "😀" && kept["uses"]?.integer == 0 && kept["lastUsedAt"] == .null)
    _ = try await save(id, #"{"instructions":"","examples":null}"#)
    let emptied = try await call("GET", Path.attributes).json()
    #expect(emptied["data"]?.array?.first?["examples"] == .array([]))
    #expect(emptied["data"]?.array?.first?["tokens"]?.integer == 0)
  }

  @Test("the list is newest first, in pages, which end early where texts are long")
  func list() async throws {
    var ids: [String] = []
    for number in 1...5 {
      ids.append(Self.newID())
      _ = try await save(ids[number - 1], content(tokens: number))
    }
    // Saved again it stays where it is.
    _ = try await save(ids[0], content(tokens: 7))
    var listed: [String] = []
    var cursor: String?
    repeat {
      let page = try await call("GET", Path.attributes + "?limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")).json()
      listed += page["data"]?.array?.compactMap { $0["id"]?.string } ?? []
      cursor = page["nextCursor"]?.string
    } while cursor != nil
    #expect(listed == ids.reversed())
    let first = try await call("GET", Path.attributes + "?limit=2").json()
    let own = try #require(first["nextCursor"]?.string)
    #expect(try await call("GET", Path.attributes + "?cursor=\(own)", by: other).status == 400)

    for _ in 1...20 {
      _ = try await save(Self.newID(), content(tokens: 16_000, #","active":false"#), by: other)
    }
    let page = try await call("GET", Path.attributes, by: other).json()
    #expect(page["data"]?.array?.count == 17)
    let next = try #require(page["nextCursor"]?.string)
    let rest = try await call("GET", Path.attributes + "?cursor=\(next)", by: other).json()
    #expect(rest["data"]?.array?.count == 3 && rest["nextCursor"] == .null)
  }

  @Test("another tenant's attribute is 404, the same as an unknown one; saved under its id it is one's own")
  func others() async throws {
    let id = Self.newID()
    _ = try await save(id, content(tokens: 10))
    var bodies: Set<String> = []
    let sameID = [("X-Request-Id", "the-same")]
    for id in [id, Self.newID(), "x", "00000000-0000-0000-0000-000000000000"] {
      for (method, target, body) in [
        ("DELETE", "/\(id)", nil), ("POST", "/\(id)/uses", "{}"), ("POST", "/\(id)/uses", nil),
        ("POST", "/activate", #"{"ids":["\#(id)"]}"#),
      ] {
        let answer = try await call(method, Path.attributes + target, body, by: other, headers: sameID)
        #expect(answer.status == 404, "\(method) \(target)")
        bodies.insert(answer.body)
      }
    }
    for named in [tenant.organizationID, Self.newID()] {
      for (method, target, body) in [
        ("GET", Path.tokenUsage + "?organizationId=\(named)", nil),
        ("GET", Path.attributes + "?organizationId=\(named)", nil),
        ("DELETE", Path.attributes + "/\(id)?organizationId=\(named)", nil),
        ("PUT", Path.attributes + "/\(id)", content(tokens: 1, #","organizationId":"\#(named)""#)),
        ("POST", Path.attributes + "/\(id)/validate-budget", content(tokens: 1, #","organizationId":"\#(named)""#)),
        ("POST", Path.attributes + "/\(id)/uses", #"{"organizationId":"\#(named)"}"#),
        ("POST", Path.attributes + "/activate", #"{"ids":["\#(id)"],"organizationId":"\#(named)"}"#),
      ] {
        let answer = try await call(method, target, body, by: other, headers: sameID)
        #expect(answer.status == 404, "\(method) \(target)")
        bodies.insert(answer.body)
      }
    }
    #expect(bodies.count == 1)
    #expect(try await save(id, content(tokens: 3), by: other).status == 200)
    #expect(try await usage()["used"]?.integer == 10)
    let service = try server.tokens.service()
    let named = try await server.call(
      "GET", Path.tokenUsage + "?organizationId=\(other.organizationID)", token: service)
    #expect(try named.json()["used"]?.integer == 3)
    #expect(try await server.call("GET", Path.tokenUsage, token: service).status == 400)
    #expect(
      try await server.call("GET", Path.tokenUsage + "?organizationId=\(Self.newID())", token: service).status == 404)
  }

  @Test("uses are counted, once under an idempotency key, and decide what is to be deactivated first")
  func uses() async throws {
    _ = try await served.setBudget(of: tenant, #"{"level":1}"#)
    let ids = [Self.newID(), Self.newID()]
    for id in ids { _ = try await save(id, content(tokens: 1000)) }
    func use(_ id: String, key: String? = nil) async throws -> RawClient.Answer {
      try await call(
        "POST", "\(Path.attributes)/\(id)/uses", "{}", headers: key.map { [("Idempotency-Key", $0)] } ?? [])
    }
    let first = try await use(ids[0], key: "once")
    let again = try await use(ids[0], key: "once")
    #expect(first.status == 200 && first.body == again.body)
    #expect(first["Idempotent-Replayed"] == nil && again["Idempotent-Replayed"] == "true")
    #expect(try first.json()["uses"]?.integer == 1)
    #expect(try await use(ids[0]).json()["uses"]?.integer == 2)
    #expect(try await use(ids[1], key: "once").status == 422)
    _ = try await use(ids[1])
    let refused = try await save(Self.newID(), content(tokens: 1001)).json()
    #expect(refused["deactivate"]?.array?.compactMap { $0["id"]?.string } == [ids[1]])
  }

  @Test("an activation under an idempotency key is answered the same again")
  func replay() async throws {
    let id = Self.newID()
    _ = try await save(id, content(tokens: 10, #","active":false"#))
    let headers = [("Idempotency-Key", "activate")]
    let body = #"{"ids":["\#(id)"]}"#
    let first = try await call("POST", Path.attributes + "/activate", body, headers: headers)
    _ = try await save(id, content(tokens: 20))
    let again = try await call("POST", Path.attributes + "/activate", body, headers: headers)
    #expect(first.status == 200 && first.body == again.body && again["Idempotent-Replayed"] == "true")
    let deduction = try await call("POST", Path.deduct, #"{"featureUsed":"generate_goal"}"#, headers: headers)
    #expect(try deduction.json()["code"]?.string == "idempotency_key_reused")
    #expect(try await served.violations() == [])
  }

  /// Not in the shared database: the checks count each attribute's tokens, for every test that runs them.
  @Test("more than 10000 attributes are refused")
  func tooMany() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      try await served.script(
        """
        INSERT INTO tollgate.content_budgets (organization_id, attribute_count, last_number)
        VALUES ('\(tenant.organizationID)', 10000, 10000);
        INSERT INTO tollgate.content_attributes (organization_id, attribute_id, number, instructions, active, tokens)
        SELECT '\(tenant.organizationID)', gen_random_uuid(), number, '', false, 0 FROM generate_series(1, 10000) AS number
        """)
      let refused = try await served.server.call(
        "PUT", "\(Path.attributes)/\(Self.newID())", token: tenant.token, body: content(tokens: 1))
      #expect(refused.status == 422)
      #expect(try refused.json()["code"]?.string == "too_many_attributes")
    }
  }
}
