import API
import Cluster
import Dispatch
import JSON
import Postgres
import Testbed
import Testing

@Suite("Waiting for somebody else's call")
struct DecisionWaitTests {
  /// A second server at the database, which takes the same tokens.
  private static func withSecond(
    _ served: ServedDatabase, _ body: (TestServer) async throws -> Void
  ) async throws {
    let second = try await onOwnThread {
      try TestServer(served.database.serverSettings(), tokens: served.server.tokens)
    }
    do { try await body(second) } catch {
      try await onOwnThread { second.stop() }
      throw error
    }
    try await onOwnThread { second.stop() }
  }

  /// So many requests for one key, half of them at a second server, on their way.
  private static func asking(
    _ count: Int, _ title: String, _ desk: DecisionDesk, _ second: TestServer,
    meanwhile body: () async throws -> Void
  ) async throws -> [JSONValue] {
    try await withThrowingTaskGroup(of: JSONValue.self) { group in
      for number in 0..<count {
        group.addTask {
          try await desk.ask(title, by: number.isMultiple(of: 2) ? nil : second, waitSeconds: 30).json()
        }
      }
      try await body()
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("64 who ask for one missing key at two servers are charged once, and all get the value")
  func sixtyFour() async throws {
    try await ServedDatabase.with { served in
      let desk = try await DecisionDesk(served)
      try await Self.withSecond(served) { second in
        let lease = try await desk.lease("a")
        let answers = try await Self.asking(63, "a", desk, second) {
          try await desk.wait(until: "waits", is: 63)
          #expect(try await desk.store(lease, #"{"label":"premium"}"#).status == 200)
        }
        #expect(answers.count == 63)
        #expect(answers.allSatisfy { $0["outcome"]?.string == "hit" && $0["value"]?["label"]?.string == "premium" })
        #expect(try await desk.charges() == "1")
        try await desk.wait(until: "hits", is: 63)
        let today = try #require(try await desk.today())
        #expect(today["calls"]?.integer == 1 && today["entries"]?.integer == 1)
        #expect(today["hitRate"] == .real(0.9844))
      }
      #expect(try await served.violations() == [])
    }
  }

  @Test("64 who ask at the same moment are granted one call between them, and 63 answers come with its result")
  func atOnce() async throws {
    try await ServedDatabase.with { served in
      let desk = try await DecisionDesk(served)
      try await Self.withSecond(served) { second in
        try await withThrowingTaskGroup(of: String.self) { group in
          for number in 0..<64 {
            group.addTask {
              let server = number.isMultiple(of: 2) ? nil : second
              let answer = try await desk.ask("a", by: server, waitSeconds: 30).json()
              // Whoever is granted the call makes it.
              if let lease = answer["leaseId"]?.string { _ = try await desk.store(lease, "7", by: server) }
              return "\(answer["outcome"]?.string ?? "") \(answer["value"]?.integer ?? 0)"
            }
          }
          let outcomes = try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
          #expect(outcomes == ["miss 0": 1, "hit 7": 63])
        }
        #expect(try await desk.charges() == "1")
      }
    }
  }

  @Test("when the one who makes the call dies, one of those who wait gets a call of its own, and the others its result")
  func deadWorker() async throws {
    try await ServedDatabase.with { served in
      let desk = try await DecisionDesk(served, #""leaseSeconds":2"#)
      try await Self.withSecond(served) { second in
        _ = try await desk.lease("a")
        try await withThrowingTaskGroup(of: JSONValue.self) { group in
          for number in 0..<8 {
            group.addTask {
              let server = number.isMultiple(of: 2) ? nil : second
              let answer = try await desk.ask("a", by: server, waitSeconds: 30).json()
              if let lease = answer["leaseId"]?.string { _ = try await desk.store(lease, "7", by: server) }
              return answer
            }
          }
          let answers = try await group.reduce(into: []) { $0.append($1) }
          #expect(answers.count { $0["outcome"]?.string == "miss" } == 1)
          #expect(answers.count { $0["value"]?.integer == 7 } == 7)
        }
        // The first call may have been made: the cap holds for what is made.
        #expect(try await desk.charges() == "2")
      }
    }
  }

  @Test("who hangs up while waiting is granted no call, and takes none from those who are there")
  func goneClient() async throws {
    let desk = try await DecisionDesk(.shared(), #""leaseSeconds":3600"#)
    let lease = try await desk.lease("a")
    let body = #"{"key":{"title":"a"},"waitSeconds":30}"#
    let port = desk.served.server.port
    let token = desk.tenant.token
    let mayFinish = DispatchSemaphore(value: 0)
    let hasFinished = DispatchSemaphore(value: 0)
    async let gone = onOwnThread {
      let client = try RawClient(port: port)
      client.send(
        "POST \(DecisionDesk.path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
          + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      mayFinish.wait()
      client.finishSending()
      hasFinished.signal()
      return try client.readAnswer().status
    }
    try await desk.wait(until: "waits", is: 1)
    async let waiting = desk.ask("a", waitSeconds: 30)
    try await desk.wait(until: "waits", is: 2)
    mayFinish.signal()
    try await onOwnThread { hasFinished.wait() }
    #expect(try await desk.giveUp(lease).status == 200)
    #expect(try await waiting.json()["outcome"]?.string == "miss")
    #expect(try await desk.charges() == "2")
    #expect(try await gone == 429)
  }

  @Test("a worker that asks again under its key, while it waits, gets the call that is its own")
  func askedAgain() async throws {
    let desk = try await DecisionDesk(.shared(), #""leaseSeconds":3600"#)
    let lease = try await desk.lease("a")
    async let first = desk.ask("a", waitSeconds: 30, key: "k")
    async let second = desk.ask("a", waitSeconds: 30, key: "k")
    try await desk.wait(until: "waits", is: 2)
    #expect(try await desk.giveUp(lease).status == 200)
    let answers = try await [first.json(), second.json()]
    #expect(answers.map { $0["outcome"]?.string } == ["miss", "miss"])
    #expect(Set(answers.map { $0["leaseId"]?.string }).count == 1)
    #expect(try await desk.charges() == "2")
  }

  @Test("when a lease is given up, one of those who wait goes on at once")
  func givenUp() async throws {
    let desk = try await DecisionDesk(.shared(), #""leaseSeconds":3600"#)
    let lease = try await desk.lease("a")
    async let waiting = desk.ask("a", waitSeconds: 30)
    try await desk.wait(until: "waits", is: 1)
    #expect(try await desk.giveUp(lease).status == 200)
    #expect(try await waiting.json()["outcome"]?.string == "miss")
    #expect(try await desk.charges() == "2")
  }

  @Test("who does not wait as long as it takes is told to ask again, and is charged nothing")
  func pending() async throws {
    let desk = try await DecisionDesk(.shared(), #""waitSeconds":1"#)
    _ = try await desk.lease("a")
    for waitSeconds in [0, 1, nil] {
      let start = ContinuousClock.now
      let answer = try await desk.ask("a", waitSeconds: waitSeconds)
      #expect(answer.status == 429)
      #expect(try answer.json()["code"]?.string == "decision_pending")
      #expect(answer["Retry-After"] == "1")
      if waitSeconds != 0 { #expect(.now - start >= .seconds(1)) }
    }
    #expect(try await desk.charges() == "1")
  }

  @Test("a result is noticed, too, when the connection that listens is cut again and again")
  func withoutNotifications() async throws {
    try await ServedDatabase.with { served in
      let desk = try await DecisionDesk(served)
      try await Self.withSecond(served) { second in
        let lease = try await desk.lease("a")
        let answers = try await Self.asking(8, "a", desk, second) {
          try await desk.wait(until: "waits", is: 8)
          try await served.script(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE query LIKE 'LISTEN%' AND datname = current_database()
            """)
          // As the superuser, without the notification.
          try await served.script(
            """
            UPDATE tollgate.cache_entries SET value = '7', stored_at = now(), ends_at = now() + interval '1 hour'
            WHERE lease_id = '\(lease)'
            """)
        }
        #expect(answers.allSatisfy { $0["value"]?.integer == 7 })
      }
    }
  }

  @Test("a server that is to stop sends away who waits")
  func draining() async throws {
    try await ServedDatabase.with { served in
      let desk = try await DecisionDesk(served, #""leaseSeconds":3600"#)
      try await Self.withSecond(served) { second in
        _ = try await desk.lease("a")
        async let waiting = desk.ask("a", by: second, waitSeconds: 30)
        try await desk.wait(until: "waits", is: 1)
        let start = ContinuousClock.now
        second.application.beginDraining()
        #expect(try await waiting.status == 429)
        #expect(.now - start < .seconds(10))
        #expect(try await desk.ask("a", by: second, waitSeconds: 30).status == 429)
      }
    }
  }
}
