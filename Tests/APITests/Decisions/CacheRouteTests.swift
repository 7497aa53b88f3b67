import JSON
import Testbed
import Testing

@Suite("admin/caches")
struct CacheRouteTests {
  private let served: ServedDatabase
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  private func call(_ method: String, _ target: String, _ body: String? = nil) async throws -> RawClient.Answer {
    try await served.server.call(
      method, "/api/v1/admin/caches" + target, token: try served.server.tokens.service(), body: body)
  }

  private var query: String { "?organizationId=\(tenant.organizationID)" }
  private func settings(_ more: String = "") -> String {
    #"{"organizationId":"\#(tenant.organizationID)","keyMembers":["title","season"],"ttlSeconds":60\#(more)}"#
  }

  @Test("PUT makes a cache with its defaults, and replaces all its settings")
  func put() async throws {
    let made = try await call("PUT", "/prices", settings())
    #expect(made.status == 200)
    for (name, value) in [
      ("ttlSeconds", 60), ("dailyQuota", 1000), ("leaseSeconds", 60), ("waitSeconds", 10), ("maximumEntries", 10_000),
    ] { #expect(try made.json()[name]?.integer == Int64(value), "\(name)") }
    #expect(try made.json()["feature"]?.string == "decision")
    #expect(try made.json()["fallback"] == .null && made.json()["isForAll"] == .boolean(false))
    #expect(try made.json()["today"]?["hitRate"] == .null)
    let changed = try await call(
      "PUT", "/prices",
      settings(#","dailyQuota":5,"fallback":[1,"a"],"feature":"generate_insight","leaseSeconds":1,"waitSeconds":0"#))
    #expect(try changed.json()["fallback"] == .array([.integer(1), .string("a")]))
    #expect(try changed.json()["dailyQuota"]?.integer == 5)
    #expect(try changed.json()["createdAt"] == made.json()["createdAt"])
    #expect(try await call("GET", "/prices" + query).body == changed.body)
  }

  @Test("DELETE deletes once, and what is not there is 404 to GET")
  func delete() async throws {
    _ = try await call("PUT", "/prices", settings())
    for existed in [true, false] {
      let answer = try await call("DELETE", "/prices" + query)
      #expect(
        answer.body == #"{"name":"prices","organizationId":"\#(tenant.organizationID)","existed":\#(existed)}"#)
    }
    #expect(try await call("GET", "/prices" + query).status == 404)
  }

  @Test("a cache for all is everybody's who has none of that name")
  func forAll() async throws {
    try await ServedDatabase.with { served in
      let service = try served.server.tokens.service()
      let path = "/api/v1/admin/caches"
      let all = #"{"keyMembers":["title"],"ttlSeconds":60,"dailyQuota":7}"#
      #expect(try await served.server.call("PUT", path + "/prices", token: service, body: all).status == 200)
      let desk = try await DecisionDesk(served, #""dailyQuota":9"#)
      let other = try await served.makeTenant()
      let body = #"{"key":{"title":"a"}}"#
      let asked = try await served.server.call("POST", DecisionDesk.path, token: other.token, body: body)
      #expect(try asked.json()["remaining"]?.integer == 6)
      #expect(try await desk.ask("a").json()["remaining"]?.integer == 8)
      for (organization, isForAll) in [(other, true), (desk.tenant, false)] {
        let list = try await served.server.call(
          "GET", "\(path)?organizationId=\(organization.organizationID)", token: service)
        #expect(try list.json()["data"]?.array?.map { $0["isForAll"] } == [.boolean(isForAll)])
        #expect(try list.json()["data"]?.array?.first?["today"]?["calls"]?.integer == 1)
      }
      let list = try await served.server.call("GET", path, token: service)
      #expect(try list.json()["data"]?.array?.map { $0["today"] } == [.null])
    }
  }

  @Test("caches are listed in pages, newest first, and a cursor is of its own list alone")
  func pages() async throws {
    for name in ["a", "b", "c"] { _ = try await call("PUT", "/\(name)", settings()) }
    var names: [String] = []
    var target = query + "&limit=1"
    while true {
      let page = try await call("GET", target).json()
      names += page["data"]?.array?.filter { $0["isForAll"] == .boolean(false) }.compactMap { $0["name"]?.string } ?? []
      guard let cursor = page["nextCursor"]?.string else { break }
      target = query + "&limit=1&cursor=\(cursor)"
    }
    #expect(names == ["c", "b", "a"])
    let cursor = try #require(try await call("GET", query + "&limit=1").json()["nextCursor"]?.string)
    #expect(try await call("GET", "?cursor=\(cursor)").status == 400)
  }

  @Test(
    "what is out of range or unknown is refused",
    arguments: [
      (#"{"ttlSeconds":60}"#, 400), (#"{"keyMembers":["a"]}"#, 400), (#"{"keyMembers":[],"ttlSeconds":60}"#, 400),
      (#"{"keyMembers":["a","a"],"ttlSeconds":60}"#, 400), (#"{"keyMembers":["1a"],"ttlSeconds":60}"#, 400),
      (#"{"keyMembers":["é"],"ttlSeconds":60}"#, 400), (#"{"keyMembers":[1],"ttlSeconds":60}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":0}"#, 400), (#"{"keyMembers":["a"],"ttlSeconds":60,"dailyQuota":-1}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"leaseSeconds":3601}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"waitSeconds":31}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"maximumEntries":0}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"feature":"nothing"}"#, 422),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"more":1}"#, 400),
      (#"{"keyMembers":["a"],"ttlSeconds":60,"organizationId":"3f1b7c9e-0000-4000-8000-00000000000f"}"#, 404),
    ])
  func refused(body: String, status: Int) async throws {
    #expect(try await call("PUT", "/refused", body).status == status)
    #expect(try await call("GET", "/refused").status == 404)
  }

  @Test("a name that no cache can have, or an organization that does not exist, is 404, and a user is 403")
  func unknown() async throws {
    for name in ["Prices", "%20", "a%2Fb"] { #expect(try await call("PUT", "/\(name)", settings()).status == 404) }
    for method in ["GET", "DELETE"] {
      #expect(
        try await call(method, "/prices?organizationId=3f1b7c9e-0000-4000-8000-00000000000f").status == 404)
    }
    let answer = try await served.server.call(
      "PUT", "/api/v1/admin/caches/prices", token: tenant.token, body: settings())
    #expect(answer.status == 403)
  }
}
