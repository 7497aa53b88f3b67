import Cluster
import Dispatch
import Postgres
import Testbed
import Testing

/// Reports wait here for a table that the test holds, for as long as it does.
@Suite("A flood of reports")
struct ReportFloodTests {
  private static let waiting = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND usename = 'tollgate_server'
    """
  private static let usage = "/api/v1/tokens/usage?groupBy=feature"

  private static func wait(for count: String, _ served: ServedDatabase) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await served.text(waiting) != count { try #require(ContinuousClock.now < deadline) }
  }

  /// Lends a server whose sessions wait for locks as long as it takes, while nobody can read what was used.
  private static func whileReportsWait(
    _ body: (ServedDatabase, TestServer, _ release: () async throws -> Void) async throws -> Void
  ) async throws {
    try await ServedDatabase.with { served in
      let server = try await onOwnThread {
        var settings = try served.database.serverSettings()
        settings.lockTimeoutMilliseconds = 0
        settings.statementTimeoutMilliseconds = 0
        return try TestServer(settings, tokens: served.server.tokens)
      }
      let (isHeld, isReleased) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      var holding = served.database.settings
      holding.idleInTransactionTimeoutMilliseconds = 0
      let blocker = Background { [holding] in
        var connection = try Connection(holding)
        try connection.script("BEGIN; LOCK TABLE tollgate.usage_hours IN ACCESS EXCLUSIVE MODE")
        isHeld.signal()
        isReleased.wait()
        try connection.script("ROLLBACK")
      }
      try await onOwnThread { isHeld.wait() }
      let result: Result<Void, any Error>
      do {
        try await body(served, server) {
          isReleased.signal()
          _ = try await onOwnThread { try blocker.value() }
        }
        result = .success(())
      } catch {
        isReleased.signal()
        result = .failure(error)
      }
      try await onOwnThread { server.stop() }
      try result.get()
      #expect(try await served.violations() == [])
    }
  }

  /// Asks for so many reports at once, and answers their statuses when they have come.
  private static func flood(_ server: TestServer, _ tenant: Tenant, _ count: Int) -> Task<[Int], any Error> {
    Task {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<count {
          group.addTask { try await server.send("GET", usage, token: tenant.token).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
  }

  /// Who is at work gets the report, and so does who has not waited too long by then.
  private static func expectAnswered(_ flood: Task<[Int], any Error>, _ count: Int) async throws {
    let statuses = try await flood.value
    #expect(statuses.count == count && statuses.contains(200))
    #expect(Set(statuses).isSubset(of: [200, 503]))
  }

  @Test("keeps nobody else from reading, new users from spending, or readyz from answering")
  func others() async throws {
    try await Self.whileReportsWait { served, server, release in
      let (flooder, other, newcomer) = (
        try await served.makeTenant(), try await served.makeTenant(), try await served.makeTenant()
      )
      let flood = Self.flood(server, flooder, 10)
      try await Self.wait(for: "1", served)
      let spending = Array(#"{"featureUsed":"generate_goal"}"#.utf8)
      #expect(try await server.send("POST", Path.deduct, token: newcomer.token, body: spending).status == 200)
      for path in [Path.ledger, "/api/v1/tokens/history", "/api/v1/me", "/api/v1/actions"] {
        #expect(try await server.send("GET", path, token: other.token).status == 200, "\(path)")
      }
      // Naming the flooder's organization is no way to its line, nor out of one's own.
      let named = "\(Path.ledger)?organizationId=\(flooder.organizationID)"
      #expect(try await server.send("GET", named, token: other.token).status == 404)
      let service = try server.tokens.service()
      #expect(try await server.send("GET", "/api/v1/admin/organizations", token: service).status == 200)
      #expect(try await server.send("GET", "/readyz").status == 200)
      #expect(try await served.text(Self.waiting) == "1")
      try await release()
      try await Self.expectAnswered(flood, 10)
    }
  }

  @Test("of two tenants keeps no new user from spending, and not readyz from answering")
  func twoFlooders() async throws {
    try await Self.whileReportsWait { served, server, release in
      let newcomer = try await served.makeTenant()
      var floods: [Task<[Int], any Error>] = []
      for _ in 0..<2 { floods.append(Self.flood(server, try await served.makeTenant(), 5)) }
      try await Self.wait(for: "2", served)
      let spending = Array(#"{"featureUsed":"generate_goal"}"#.utf8)
      #expect(try await server.send("POST", Path.deduct, token: newcomer.token, body: spending).status == 200)
      #expect(try await server.send("GET", "/readyz").status == 200)
      #expect(try await served.text(Self.waiting) == "2")
      try await release()
      for flood in floods { try await Self.expectAnswered(flood, 5) }
    }
  }
}
