import Decisions
import Dispatch
import Locking
import Postgres
import Testbed
import Testing
import Tokens

@Suite("A row that somebody holds")
struct HeldRowTests {
  @Test("makes a cache's answer an overload soon, however long the server's sessions would wait")
  func held() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      _ = try desk.ask("a")
      var settings = desk.database.settings
      settings.lockTimeoutMilliseconds = 60_000
      settings.statementTimeoutMilliseconds = 60_000
      let decisions = Decisions(settings: settings, connectionCount: 1)
      defer { decisions.shutDown() }
      try desk.administrator.script("BEGIN; LOCK TABLE tollgate.cache_days")
      let answer = Mutex<Result<CacheAnswer, ServiceFailure>?>(nil)
      let isAnswered = DispatchSemaphore(value: 0)
      decisions.ask(
        CacheQuestion(
          organizationID: desk.organizationID, spender: .service(onBehalfOf: nil), cache: "prices",
          key: #"{"title":"b"}"#, leaseID: .new())
      ) { result in
        answer.withLock { $0 = result }
        isAnswered.signal()
      }
      #expect(isAnswered.wait(timeout: .now() + 30) == .success)
      try desk.administrator.script("ROLLBACK")
      let isOverload = answer.withLock { if case .failure(.overloaded)? = $0 { true } else { false } }
      #expect(isOverload)
    }
  }
}
