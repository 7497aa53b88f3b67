import Dispatch
import Locking
import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("The lanes of settlement")
struct LaneTests {
  /// Holds a tenant's balances locked while `body` runs.
  private static func whileLocked(
    _ workplace: inout Workplace, _ tenant: Tenant, _ body: (inout Workplace) throws -> Void
  ) throws {
    try workplace.administrator.script("BEGIN")
    _ = try workplace.administrator.query(
      "SELECT FROM public.ai_tokens WHERE organization_id = $1::uuid FOR UPDATE", [tenant.parameter])
    try body(&workplace)
    try workplace.administrator.script("COMMIT")
  }

  @Test("what does not fit the queue is refused as overloaded at once, what does is answered")
  func queueFull() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      var settings = workplace.serverSettings
      settings.lockTimeoutMilliseconds = 0
      let settlement = Settlement(settings: settings, laneCount: 1, queueLimit: 20)
      defer { settlement.shutDown() }
      let answers = Mutex<[String]>([])
      let done = DispatchGroup()
      func send(_ key: String) {
        done.enter()
        settlement.deduct(tenant.deduction("generate_insight", key: key)) { answer in
          answers.withLock { $0.append(answer.brief) }
          done.leave()
        }
      }
      var observer = try workplace.database.connect()
      try Self.whileLocked(&workplace, tenant) { workplace in
        send("first")
        try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
        // One organization may fill half of the queue.
        for number in 0..<30 { send("k\(number)") }
        #expect(answers.withLock { $0 } == Array(repeating: "overloaded", count: 20))
      }
      done.wait()
      let granted = answers.withLock { $0.filter { $0.hasPrefix("success") } }
      #expect(granted == (0...10).map { "success 1: \(500 - $0) → \(499 - $0) safe" })
    }
  }

  @Test(
    "an item that PostgreSQL cannot take fails alone, and its neighbours are settled in order",
    arguments: [("generate_goal\0", nil, "decoding"), ("generate_goal", #"{"a": "\u0000"}"#, "22P05")]
      as [(String, String?, String)])
  func poisoned(feature: String, metadata: String?, cause: String) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 1, queueLimit: 1000)
      defer { settlement.shutDown() }
      var requests = (0..<31).map { tenant.deduction("generate_goal", key: "k\($0)") }
      for place in [0, 13, 30] {
        requests[place] = tenant.deduction(feature, key: "k\(place)", metadata: metadata)
      }
      let answers = settlement.answers(to: requests)
      var balance = 200
      for (place, answer) in answers.enumerated() {
        if [0, 13, 30].contains(place) {
          guard case .failure(.defect(let said)) = answer else {
            Issue.record("\(answer.brief)")
            continue
          }
          #expect(said.contains(cause))
        } else {
          #expect(answer.brief.hasPrefix("success 3: \(balance) → \(balance - 3) "))
          balance -= 3
        }
      }
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 28)
    }
  }

  @Test("a row that somebody holds delays its organization's requests, which are told so, and nobody else's")
  func lockedRow() async throws {
    try await Workplace.with { workplace in
      let held = try workplace.tenant()
      let free = try workplace.tenant()
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 1, queueLimit: 1000)
      defer { settlement.shutDown() }
      var observer = try workplace.database.connect()
      let server = settlement
      try Self.whileLocked(&workplace, held) { workplace in
        let first = Background { server.answers(to: [held.deduction("generate_goal", key: "first")])[0].brief }
        try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
        let mixed = server.answers(
          to: (0..<6).map { ($0 % 2 == 0 ? held : free).deduction("generate_goal", key: "k\($0)") })
        #expect(try first.value() == "overloaded")
        #expect(
          mixed.map(\.brief) == [
            "overloaded", "success 3: 20 → 17 safe", "overloaded", "success 3: 17 → 14 safe", "overloaded",
            "success 3: 14 → 11 safe",
          ])
      }
      #expect(
        settlement.answers(to: [held.deduction("generate_goal", key: "first")])[0].brief == "success 3: 20 → 17 safe")
    }
  }

  @Test("shutting down answers what was accepted, and refuses what comes later")
  func shutDown() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 2, queueLimit: 10_000)
      let answers = Mutex<[String]>([])
      var observer = try workplace.database.connect()
      let waiting = Mutex<Background<Void>?>(nil)
      try Self.whileLocked(&workplace, tenant) { workplace in
        for number in 0..<200 {
          settlement.deduct(tenant.deduction("generate_insight", key: "k\(number)")) { answer in
            answers.withLock { $0.append(answer.brief) }
          }
        }
        try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
        waiting.withLock { $0 = Background { settlement.shutDown() } }
      }
      try waiting.withLock { $0 }?.value()
      #expect(answers.withLock { $0.count } == 200)
      #expect(answers.withLock { $0 } == (0..<200).map { "success 1: \(500 - $0) → \(499 - $0) safe" })
      #expect(settlement.answers(to: [tenant.deduction("generate_insight")])[0].brief == "databaseUnavailable")
      settlement.shutDown()
    }
  }
}
