import Foundation
import JSON
import Postgres
import Testbed
import Testing

@Suite("admin/organizations")
struct OrganizationListTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private static let path = "/api/v1/admin/organizations"
  /// What the names of a test's organizations begin with: nobody else's do.
  private let prefix = "List \(UUID().uuidString.prefix(8)) "

  init() async throws { served = try await .shared() }

  private func call(
    _ method: String, _ target: String = "", key: String? = nil, body: String? = nil
  ) async throws -> RawClient.Answer {
    try await server.call(
      method, Self.path + target, token: server.tokens.service(),
      headers: key.map { [("Idempotency-Key", $0)] } ?? [], body: body)
  }

  private func make(_ name: String, plan: String = "pro", key: String? = nil) async throws -> RawClient.Answer {
    try await call("POST", key: key, body: #"{"name":"\#(prefix)\#(name)","plan":"\#(plan)"}"#)
  }

  private func spend(_ tokens: Int, of organizationID: String) async throws {
    try await served.script("SELECT tollgate.deduct('\(organizationID)', NULL, 'generate_insight', \(tokens))")
  }

  /// The names in a list, without what they begin with.
  private func names(_ query: String) async throws -> [String] {
    let search = prefix.trimmingCharacters(in: .whitespaces).replacing(" ", with: "%20").lowercased()
    let answer = try await call("GET", "?search=\(search)&\(query)")
    #expect(answer.status == 200, "\(answer.body)")
    let data = try #require(try answer.json()["data"]?.array)
    return data.compactMap { $0["name"]?.string.map { String($0.dropFirst(prefix.count)) } }
  }

  @Test("an organization is made with its plan's balances, and shown with all that it has")
  func create() async throws {
    let answer = try await make("A")
    #expect(answer.status == 201)
    let made = try answer.json()
    let id = try #require(made["organizationId"]?.string)
    #expect(made["plan"]?.string == "pro" && made["status"]?.string == "active")
    _ = try await served.text("SELECT tollgate.create_user('\(id)')")
    try await spend(10, of: id)
    let shown = try await call("GET", "/\(id)").json()
    #expect(shown["createdAt"] == made["createdAt"] && shown["users"]?.integer == 1)
    #expect(shown["totalBalance"]?.integer == 240 && shown["totalAllocated"]?.integer == 250)
    #expect(shown["totalUsed"]?.integer == 10 && shown["percentLeft"]?.integer == 96)
    #expect(shown["state"]?.string == "safe" && shown["balances"]?.array?.count == 5)
    let general = try #require(shown["balances"]?.array?.first { $0["tokenType"]?.string == "general" })
    #expect(general["available"]?.integer == 40 && general["used"]?.integer == 10)
    let listed = try await call("GET", "?search=\(id)").json()["data"]?.array
    #expect(listed == [shown])
    #expect(try await call("GET", "/\(UUID().uuidString)").status == 404)
  }

  @Test("the same request under a key makes one organization and is answered the same; another is refused")
  func idempotency() async throws {
    let key = UUID().uuidString
    let first = try await make("Once", key: key)
    let again = try await make("Once", key: key)
    #expect(first.status == 201 && again.status == 201 && first.body == again.body)
    #expect(first["Idempotent-Replayed"] == nil && again["Idempotent-Replayed"] == "true")
    let other = try await make("Once", plan: "starter", key: key)
    #expect(other.status == 422)
    #expect(try other.json()["code"]?.string == "idempotency_key_reused")
    #expect(try await make("Twice", plan: "gold", key: UUID().uuidString).status == 422)
    #expect(try await names("sort=name") == ["Once"])
  }

  @Test("two requests at once under a key make one organization")
  func concurrent() async throws {
    let key = UUID().uuidString
    let answers = try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
      for _ in 1...8 { group.addTask { try await make("Race", key: key) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(answers.map(\.status)) == [201])
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(try await names("sort=name") == ["Race"])
  }

  @Test("a list is searched from the beginning of names, filtered, sorted and read in pages")
  func list() async throws {
    for (name, plan, uses) in [("b", "pro", 1), ("A", "enterprise", 20), ("c", "starter", 0)] {
      let id = try #require(try await make(name, plan: plan).json()["organizationId"]?.string)
      if uses > 0 {
        try await spend(uses, of: id)
      }
    }
    #expect(try await names("limit=500") == ["c", "A", "b"])
    #expect(try await names("sort=name") == ["A", "b", "c"])
    #expect(try await names("sort=used") == ["A", "b", "c"])
    #expect(try await names("sort=available") == ["c", "b", "A"])
    #expect(try await names("plan=pro") == ["b"])
    #expect(try await names("status=suspended") == [])
    #expect(try await names("near=limit") == [])
    let id = try #require(try await call("GET", "?search=\(encoded("b"))").json()["data"]?.array?.first)
    let organizationID = try #require(id["organizationId"]?.string)
    try await spend(45, of: organizationID)
    #expect(try await names("near=limit") == ["b"])
    #expect(try await names("near=limit&sort=available") == ["b"])
    for sort in ["created", "name", "used", "available"] {
      #expect(try await pages("sort=\(sort)") == names("sort=\(sort)"), "\(sort)")
    }
    #expect(try await served.violations() == [])
  }

  @Test("an id is found by how it begins, with four digits or more, and so is a name that looks like one")
  func beginningOfID() async throws {
    let id = try #require(try await make("A").json()["organizationId"]?.string).lowercased()
    let found = { (search: String) in
      let page = try await call("GET", "?search=\(search)&sort=name&limit=500").json()
      return (page["data"]?.array ?? []).compactMap { $0["organizationId"]?.string?.lowercased() }
    }
    for length in [8, 9, 13, 14, 20, 36] {
      #expect(try await found(String(id.prefix(length))) == [id], "\(length)")
    }
    #expect(try await found(id.replacing("-", with: "").uppercased()) == [id])
    #expect(try await found(String(id.prefix(4))).contains(id))
    #expect(try await found(String(id.prefix(3))).contains(id) == false)
    for sort in ["created", "used", "available"] {
      let page = try await call("GET", "?search=\(id.prefix(8))&sort=\(sort)").json()
      #expect(page["data"]?.array?.compactMap { $0["organizationId"]?.string?.lowercased() } == [id])
    }
    let name = String(UUID().uuidString.prefix(8)).lowercased()
    let body = #"{"name":"\#(name) face","plan":"pro"}"#
    let named = try await call("POST", body: body).json()["organizationId"]?.string?.lowercased()
    #expect(try await found(name) == [named])
    #expect(try await found("\(name)%20") == [named])
  }

  private func encoded(_ name: String) -> String { (prefix + name).replacing(" ", with: "%20") }

  /// The names of all pages of one row.
  private func pages(_ query: String) async throws -> [String] {
    var names: [String] = []
    var cursor: String?
    repeat {
      let page = "?search=\(encoded("").dropLast(3))&\(query)&limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")
      let answer = try await call("GET", page).json()
      names += answer["data"]?.array?.compactMap { $0["name"]?.string.map { String($0.dropFirst(prefix.count)) } } ?? []
      cursor = answer["nextCursor"]?.string
    } while cursor != nil && names.count < 10
    return names
  }

  @Test("a page goes on where the one before ended, whatever has become of its last organization")
  func changedBetweenPages() async throws {
    var ids: [String: String] = [:]
    for name in ["a", "b", "c"] {
      ids[name] = try #require(try await make(name).json()["organizationId"]?.string)
    }
    let (first, second) = (try #require(ids["a"]), try #require(ids["b"]))
    try await spend(20, of: first)
    try await spend(10, of: second)
    let search = "?search=\(encoded("").dropLast(3))&limit=2&sort="
    func page(_ query: String) async throws -> (names: [String], cursor: String?) {
      let answer = try await call("GET", search + query).json()
      let names = try #require(answer["data"]?.array).compactMap { $0["name"]?.string?.last.map(String.init) }
      return (names, answer["nextCursor"]?.string)
    }
    let (used, name, created) = (try await page("used"), try await page("name"), try await page("created"))
    #expect([used.names, name.names, created.names] == [["a", "b"], ["a", "b"], ["c", "b"]])
    let behind = try [used.cursor, name.cursor, created.cursor].map { try #require($0) }
    try await spend(30, of: second)
    try await served.script(
      "UPDATE public.organizations SET name = 'Z', created_at = created_at - interval '1 day' WHERE id = '\(second)'")
    #expect(try await page("used&cursor=\(behind[0])").names == ["c"])
    #expect(try await page("name&cursor=\(behind[1])").names == ["c"])
    #expect(try await page("created&cursor=\(behind[2])").names == ["a"])
  }

  @Test("a name that cannot be seen is refused, and so it is in psql")
  func invisibleName() async throws {
    for name in ["", "  ", #"\u00a0\u200b\u3164"#] {
      let answer = try await call("POST", body: #"{"name":"\#(name)","plan":"pro"}"#)
      #expect(answer.status == 400, "'\(name)'")
    }
    await #expect(throws: (any Error).self) {
      try await served.script("SELECT tollgate.create_organization('  ', 'pro')")
    }
  }

  @Test(
    "a time zone is one by its IANA name", arguments: ["'Europe/Berlino'", "'CEST'", "'UTC+3'", "'utc'", "''", "NULL"])
  func unknownTimeZone(_ zone: String) async throws {
    let organization = UUID().uuidString
    await #expect {
      try await served.script("SELECT tollgate.create_organization('A', 'pro', \(zone), '\(organization)')")
    } throws: {
      ($0 as? PostgresError)?.sqlState?.rawValue == "TG400"
    }
    let known = "SELECT tollgate.create_organization('A', 'pro', 'Europe/Berlin', '\(organization)')"
    #expect(try await served.text(known) == organization.lowercased())
  }

  @Test("a cursor of one order is none of another")
  func foreignCursor() async throws {
    for name in ["A", "b"] { _ = try await make(name) }
    let first = try await call("GET", "?search=\(encoded("").dropLast(3))&sort=name&limit=1").json()
    let cursor = try #require(first["nextCursor"]?.string)
    let other = try await call("GET", "?search=\(encoded("").dropLast(3))&sort=used&limit=1&cursor=\(cursor)")
    #expect(other.status == 400)
  }
}
