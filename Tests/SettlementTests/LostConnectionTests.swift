import Cluster
import Dispatch
import Locking
import Testbed
import Testing
import Tokens

@testable import Postgres
@testable import Settlement

@Suite("Settlement when connections are lost")
struct LostConnectionTests {
  /// Ends the sessions of the server's login in this database, and says how many there were.
  private static let endSessions = Statement(
    """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'tollgate_server'
    """)

  @Test("a backend killed with a batch in flight: what has a key is settled once, the rest is told that nobody knows")
  func killed() async throws {
    try await Workplace.with { workplace in
      let tenants = (try workplace.tenant(), try workplace.tenant())
      var settings = workplace.serverSettings
      settings.lockTimeoutMilliseconds = 0
      let settlement = Settlement(settings: settings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      let lock = Statement("SELECT FROM public.ai_tokens WHERE organization_id = $1::uuid FOR UPDATE")
      var first = try workplace.database.connect()
      var second = try workplace.database.connect()
      for script in ["BEGIN"] {
        try first.script(script)
        try second.script(script)
      }
      _ = try first.query(lock, [tenants.0.parameter])
      _ = try second.query(lock, [tenants.1.parameter])

      // The first request keeps the lane busy while the others gather to one batch, which then waits in its turn.
      let blocked = Background { settlement.answers(to: [tenants.0.deduction("generate_goal", key: "k")])[0].brief }
      try workplace.administrator.waitUntilSomebodyWaits(for: first.backendProcessID)
      let gathering = DispatchGroup()
      let answers = Mutex<[Int: String]>([:])
      for number in 0..<6 {
        gathering.enter()
        let key = number % 2 == 0 ? "k\(number)" : nil
        settlement.deduct(tenants.1.deduction("generate_goal", key: key)) { answer in
          answers.withLock { $0[number] = answer.brief }
          gathering.leave()
        }
      }
      try first.script("COMMIT")
      #expect(try blocked.value() == "success 3: 20 → 17 safe")
      try workplace.administrator.waitUntilSomebodyWaits(for: second.backendProcessID)
      #expect(
        try workplace.administrator.integer(
          """
          SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE $1::integer = ANY (pg_blocking_pids(pid))
          """, [.integer(Int64(second.backendProcessID))]) == 1)
      try second.script("COMMIT")
      gathering.wait()
      #expect(
        answers.withLock { $0 } == [
          0: "success 3: 20 → 17 safe", 1: "outcomeUnknown", 2: "success 3: 17 → 14 safe", 3: "outcomeUnknown",
          4: "success 3: 14 → 11 safe", 5: "outcomeUnknown",
        ])
      #expect(try workplace.balance(of: tenants.1, "goal_generation") == 11)
    }
  }

  @Test("a connection cut between the commit and its answer: the key finds what was settled, and it is charged once")
  func cutAfterCommit() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let port = try TestCluster.shared.get().cluster.port
      let relay = try Relay(to: port)
      defer { relay.close() }
      let direct = workplace.serverSettings.connectionString
      let settings = ConnectionSettings(direct.replacing(":\(port)/", with: ":\(relay.port)/"))
      let settlement = Settlement(settings: settings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      // Connected and prepared, so that the next answer is the one to the batch.
      #expect(settlement.answers(to: [tenant.deduction("generate_goal")])[0].brief == "success 3: 20 → 17 safe")

      relay.swallowNextAnswer()
      let keyed = tenant.deduction("generate_goal", key: "k")
      let answer = try settlement.answers(to: [keyed])[0].get()
      relay.swallowed.wait()
      // For its sender this is the first answer, not a replay.
      #expect(answer.brief == "success 3: 17 → 14 safe")
      #expect(answer.settlement?.transactionID == keyed.transactionID)

      relay.swallowNextAnswer()
      let unkeyed = settlement.answers(to: [tenant.deduction("generate_goal")])[0]
      relay.swallowed.wait()
      #expect(unkeyed.brief == "outcomeUnknown")
      // It was settled, which only the ledger knows.
      #expect(try workplace.balance(of: tenant, "goal_generation") == 11)
      let again = settlement.answerWhenBack(to: tenant.deduction("generate_goal", key: "k"))
      #expect(again.brief == "success 3: 17 → 14 safe again")
    }
  }

  @Test("backends killed again and again under load: every key is charged once, and every client gets its answer")
  func killedUnderLoad() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 2, queueLimit: 1000)
      defer { settlement.shutDown() }
      let clients = Background {
        try concurrently(8) { client in
          var balances: [Int64] = []
          for number in 0..<40 {
            let request = tenant.deduction("generate_insight", key: "client-\(client)-\(number)")
            // What a client does with 503: the same key again.
            while true {
              guard case .success(let answer) = settlement.answers(to: [request])[0] else { continue }
              balances.append(answer.settlement?.balanceAfter ?? -1)
              break
            }
          }
          return balances
        }
      }
      var killed: Int64 = 0
      while killed < 6, try workplace.count("public.ai_token_usage_log", of: tenant) < 320 {
        killed += try workplace.administrator.integer(
          """
          SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
          WHERE datname = current_database() AND usename = 'tollgate_server' AND state = 'active'
          """)
      }
      #expect(killed > 0)
      let balances = try #require(try clients.value()).flatMap { $0 }
      #expect(balances.sorted() == Array(180...499))
      #expect(try workplace.balance(of: tenant, "general") == 180)
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 320)
    }
  }

  @Test("while the database cannot be reached requests are told so at once, and when it is back they are settled")
  func unavailable() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      #expect(settlement.answers(to: [tenant.deduction("generate_goal")])[0].brief == "success 3: 20 → 17 safe")
      let name = workplace.database.name
      var elsewhere = try Connection(ConnectionSettings(try TestCluster.shared.get().url(database: "postgres")))
      try elsewhere.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
      #expect(try workplace.administrator.integer(Self.endSessions) > 0)
      let refused = settlement.answers(to: (0..<10).map { tenant.deduction("generate_goal", key: "k\($0)") })
      #expect(refused.map(\.brief) == Array(repeating: "databaseUnavailable", count: 10))
      try elsewhere.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
      let answer = settlement.answerWhenBack(to: tenant.deduction("generate_goal", key: "k0"))
      #expect(answer.brief == "success 3: 17 → 14 safe")
    }
  }

  @Test("a server that only reads is left for another as soon as it says so, under steady load too")
  func readOnly() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let name = workplace.database.name
      try workplace.administrator.script("ALTER DATABASE \(name) SET default_transaction_read_only = on")
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 1, queueLimit: 100)
      defer { settlement.shutDown() }
      #expect(settlement.answers(to: [tenant.deduction("generate_goal")])[0].brief == "databaseUnavailable")
      let load = SteadyLoad(settlement, tenant.deduction("generate_goal", key: "k"))
      load.waitForAttempt()
      // The connection in use stays read-only: only a new one finds the primary.
      try workplace.administrator.script("ALTER DATABASE \(name) RESET default_transaction_read_only")
      #expect(load.firstAnswer() == "success 3: 20 → 17 safe")
    }
  }
}

/// The same request over and over, so that something always waits, until it is answered.
private final class SteadyLoad: Sendable {
  private static let attemptLimit = 50_000
  private let settlement: Settlement
  private let deduction: Deduction
  private let attempts = Mutex(0)
  private let answer = Mutex<String?>(nil)
  private let isOver = DispatchGroup()
  private let attempted = DispatchSemaphore(value: 0)

  init(_ settlement: Settlement, _ deduction: Deduction) {
    self.settlement = settlement
    self.deduction = deduction
    for _ in 0..<3 {
      isOver.enter()
      send()
    }
  }

  private func send() {
    settlement.deduct(deduction) { [self] result in
      attempted.signal()
      let mayTryAgain = attempts.withLock { attempts in
        attempts += 1
        return attempts < Self.attemptLimit
      }
      if case .failure = result, mayTryAgain { return send() }
      answer.withLock { $0 = $0 ?? result.brief }
      isOver.leave()
    }
  }

  /// Blocks until a request was answered, with whatever.
  func waitForAttempt() { attempted.wait() }

  /// Blocks until every one of the requests is answered or has been tried too often.
  func firstAnswer() -> String? {
    isOver.wait()
    return answer.withLock { $0 }
  }
}
