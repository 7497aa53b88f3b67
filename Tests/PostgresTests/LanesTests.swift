import Locking
import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("Lanes")
  struct LanesTests {
    private static func lanes(_ count: Int, queueLimit: Int = 10_000) throws -> Lanes {
      try Lanes(name: "test-lane", settings: PostgresTests.settings(), count: count, queueLimit: queueLimit)
    }

    @Test("a lane runs its jobs in order, on one connection")
    func order() async throws {
      let lanes = try Self.lanes(1)
      let seen = Mutex<[Int64]>([])
      let pids = Mutex<Set<Int32>>([])
      for number in 0..<3000 {
        lanes.submit({ connection in
          pids.withLock { _ = $0.insert(connection.backendProcessID) }
          return try connection.integer("SELECT $1::bigint", [.integer(Int64(number))])
        }) { result in seen.withLock { $0.append((try? result.get()) ?? -1) } }
      }
      await lanes.finish()
      #expect(seen.withLock { $0 } == Array(0..<3000))
      #expect(pids.withLock { $0.count } == 1)
    }

    @Test("two lanes run two jobs at the same time")
    func parallel() async throws {
      let lanes = try Self.lanes(2)
      let arrived = Monitor(0)
      // Neither job returns before the other has started.
      async let first = lanes.run { connection in
        arrived.withLock { $0 += 1 }
        arrived.wakeAll()
        arrived.wait { $0 == 2 ? () : nil }
        return connection.backendProcessID
      }
      async let second = lanes.run { connection in
        arrived.withLock { $0 += 1 }
        arrived.wakeAll()
        arrived.wait { $0 == 2 ? () : nil }
        return connection.backendProcessID
      }
      let pids = try await [first, second]
      #expect(pids[0] != pids[1])
      await lanes.finish()
    }

    @Test("a job beyond the limit is refused at once, those within it run")
    func queueFull() async throws {
      let lanes = try Self.lanes(1, queueLimit: 2)
      let gate = Monitor((isRunning: false, isOpen: false))
      async let blocker: Void = lanes.run { _ in
        gate.withLock { $0.isRunning = true }
        gate.wakeAll()
        gate.wait { $0.isOpen ? () : nil }
      }
      try await onThread { gate.wait { $0.isRunning ? () : nil } }
      let outcomes = Mutex<[String]>([])
      for name in ["a", "b", "c"] {
        lanes.submit({ _ in name }) { result in
          outcomes.withLock { outcomes in
            switch result {
            case .success(let name): outcomes.append(name)
            case .failure(let error): outcomes.append("\((error as? PostgresError)?.kind as Any? ?? error)")
            }
          }
        }
      }
      #expect(outcomes.withLock { $0 } == ["queueFull"])
      gate.withLock { $0.isOpen = true }
      gate.wakeAll()
      try await blocker
      await lanes.finish()
      #expect(outcomes.withLock { $0 } == ["queueFull", "a", "b"])
    }

    @Test("shutting down finishes what is queued, refuses what comes later and may be repeated")
    func shutDown() async throws {
      let lanes = try Self.lanes(2)
      let done = Mutex(0)
      for _ in 0..<100 {
        lanes.submit({ try $0.run("SELECT 1") }) { result in
          if case .success = result { done.withLock { $0 += 1 } }
        }
      }
      async let first: Void = lanes.finish()
      async let second: Void = lanes.finish()
      _ = await (first, second)
      #expect(done.withLock { $0 } == 100)
      let error = await failure { try await lanes.run { try $0.run("SELECT 1") } }
      #expect(error?.kind == .shutDown)
      await lanes.finish()
    }

    @Test("shutting down from a job does not wait for itself")
    func shutDownFromJob() async throws {
      let lanes = try Self.lanes(1)
      try await lanes.run { connection in
        lanes.shutDown()
        try connection.run("SELECT 1")
      }
      let error = await failure { try await lanes.run { _ in } }
      #expect(error?.kind == .shutDown)
      await lanes.finish()
    }

    @Test("lanes that nobody holds any more still answer, and close their connections")
    func released() async throws {
      let pid = try await {
        let lanes = try Self.lanes(1)
        return try await lanes.run { $0.backendProcessID }
      }()
      try await withConnection { connection in
        while try connection.integer(
          "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", [.integer(Int64(pid))]) == 1
        {}
      }
    }

    @Test("a job that loses its connection fails, and the next one has a new connection at once")
    func reconnects() async throws {
      let lanes = try Self.lanes(1)
      let before = try await lanes.run { $0.backendProcessID }
      let error = await failure {
        try await lanes.run { try $0.run("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)") }
      }
      #expect(error?.kind == .connectionLost)
      let after = try await lanes.run { connection in
        try connection.run("SELECT 1")
        return connection.backendProcessID
      }
      #expect(after != before)
      await lanes.finish()
    }

    @Test("a connection lost between two jobs costs neither of them")
    func lostBetweenJobs() async throws {
      let lanes = try Self.lanes(1)
      let before = try await lanes.run { $0.backendProcessID }
      try await withConnection { try $0.run("SELECT pg_terminate_backend($1, 5000)", [.integer(Int64(before))]) }
      let after = try await lanes.run { try $0.integer("SELECT pg_backend_pid()") }
      #expect(after != Int64(before))
      await lanes.finish()
    }

    @Test("connections that die under every job are not replaced without a pause")
    func noStorm() async throws {
      let lanes = try Self.lanes(1)
      let kinds = Mutex<[PostgresError.Kind?]>([])
      // Queued together, so that the third follows the second within the pause.
      for _ in 0..<3 {
        lanes.submit({ try $0.run("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)") }) { result in
          kinds.withLock { $0.append(failure { try result.get() }?.kind) }
        }
      }
      await lanes.finish()
      #expect(kinds.withLock { $0 } == [.connectionLost, .connectionLost, .connectionFailed])
    }

    @Test("while nobody listens jobs fail at once and do not run")
    func unreachable() async throws {
      let lanes = Lanes(name: "nowhere", settings: ConnectionSettings("host=127.0.0.1 port=1"), count: 1)
      let ran = Mutex(0)
      for _ in 0..<50 {
        let error = await failure { try await lanes.run { _ in ran.withLock { $0 += 1 } } }
        #expect(error?.kind == .connectionFailed)
      }
      #expect(ran.withLock { $0 } == 0)
      await lanes.finish()
    }

    @Test("a read-only server is left for another connection")
    func readOnly() async throws {
      let lanes = try Self.lanes(1)
      let before = try await lanes.run { connection in
        try connection.script("SET default_transaction_read_only = on")
        return connection.backendProcessID
      }
      let error = await failure { try await lanes.run { try $0.run("CREATE TABLE public.nothing ()") } }
      #expect(error?.kind == .server)
      #expect(error?.sqlState == .readOnlyTransaction)
      let after = try await lanes.run { $0.backendProcessID }
      #expect(after != before)
      await lanes.finish()
    }

    @Test("a transaction that a job leaves open is rolled back and reported")
    func leftOpen() async throws {
      let lanes = try Self.lanes(1)
      try await lanes.run { try $0.script("CREATE TEMP TABLE left_open (n bigint)") }
      let error = await failure { try await lanes.run { try $0.script("BEGIN; INSERT INTO left_open VALUES (1)") } }
      #expect(error?.sqlState == .invalidTransactionState)
      let (count, isOpen) = try await lanes.run { connection in
        (try connection.integer("SELECT count(*) FROM left_open"), connection.isInTransaction)
      }
      #expect(count == 0)
      #expect(!isOpen)
      await lanes.finish()
    }
  }
}
