import Testing

@testable import Postgres

extension PostgresTests {
  @Suite("A listener")
  struct ListenerTests {
    private struct Heard: Sendable {
      var payloads: [String] = []
      var states: [Bool] = []
    }

    private static func listener(_ heard: Monitor<Heard>) throws -> Listener {
      try Listener(
        channel: "heard", settings: PostgresTests.settings(),
        listens: { listens in
          heard.withLock { $0.states.append(listens) }
          heard.wakeAll()
        },
        receive: { payload in
          heard.withLock { $0.payloads.append(payload) }
          heard.wakeAll()
        })
    }

    @Test("it hears what was notified while it listens, in order, and ends when it is told to")
    func order() async throws {
      let heard = Monitor(Heard())
      let listener = try Self.listener(heard)
      try await PostgresTests.withConnection { connection in
        heard.wait { $0.states == [true] ? () : nil }
        for number in 1...100 {
          try connection.run("SELECT pg_notify('heard', $1)", [.text("\(number)")])
        }
        heard.wait { $0.payloads.count == 100 ? () : nil }
        listener.shutDown()
        listener.shutDown()
      }
      #expect(heard.withLock { $0.payloads } == (1...100).map(String.init))
      #expect(heard.withLock { $0.states } == [true, false])
    }

    @Test("a connection that is cut is made again, and says so")
    func cut() async throws {
      let heard = Monitor(Heard())
      let listener = try Self.listener(heard)
      try await PostgresTests.withConnection { connection in
        for round in 1...3 {
          heard.wait { $0.states.count == 2 * round - 1 ? () : nil }
          try connection.run("SELECT pg_notify('heard', $1)", [.text("\(round)")])
          heard.wait { $0.payloads.count == round ? () : nil }
          try connection.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query = 'LISTEN heard'")
        }
        heard.wait { $0.states.count == 7 ? () : nil }
        listener.shutDown()
      }
      #expect(heard.withLock { $0.payloads } == ["1", "2", "3"])
      #expect(heard.withLock { $0.states } == [true, false, true, false, true, false, true, false])
    }
  }
}
