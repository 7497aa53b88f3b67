import Cluster
import Dispatch
import Postgres
import Testbed
import Testing

@Suite("Turns of organizations with content")
struct ContentTurnTests {
  @Test("however much an organization does with its content at once, it takes one connection, and others go on")
  func oneConnection() async throws {
    try await ServedDatabase.with { served in
      let (busy, other) = (try await served.makeTenant(), try await served.makeTenant())
      let id = "00000000-0000-4000-8000-0000000000c1"
      try await served.saveAttribute(id, of: busy, #"{"instructions":"Be brief.","active":false}"#)
      let waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND usename = 'tollgate_server'
        """
      var settings = served.database.settings
      settings.idleInTransactionTimeoutMilliseconds = 0
      let (isHeld, isReleased) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let blocker = Background { [settings] in
        var connection = try Connection(settings)
        try connection.script("BEGIN; SELECT FROM tollgate.content_budgets FOR UPDATE")
        isHeld.signal()
        isReleased.wait()
        try connection.script("ROLLBACK")
      }
      try await onOwnThread { isHeld.wait() }
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<10 {
          group.addTask {
            try await served.server.send(
              "PUT", "\(Path.attributes)/\(id)", token: busy.token,
              body: Array(#"{"instructions":"Be very brief.","active":false}"#.utf8)
            ).status
          }
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while try await served.text(waiting) != "1", ContinuousClock.now < deadline {}
        #expect(ContinuousClock.now < deadline)
        for _ in 0..<20 {
          let answer = try await served.server.send("GET", Path.ledger, token: other.token)
          #expect(answer.status == 200)
          #expect(["0", "1"].contains(try await served.text(waiting)))
        }
        isReleased.signal()
        _ = try await onOwnThread { try blocker.value() }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.count == 10 && statuses.contains(200))
      #expect(Set(statuses).isSubset(of: [200, 503]))
      #expect(try await served.violations() == [])
    }
  }
}
