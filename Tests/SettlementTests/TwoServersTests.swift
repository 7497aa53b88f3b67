import Foundation
import Locking
import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("Two servers on one database under load")
struct TwoServersTests {
  private static let rounds = 30
  private static let requestsEachRound = 40

  /// Requests for few balances of few tenants, in an order of their own for each server. Every other one has a key
  /// that both servers use: mostly for the same request, sometimes for another feature and hence another balance.
  private static func requests(
    of tenants: [Tenant], round: Int, using generator: inout SeededGenerator
  ) -> [Deduction] {
    (0..<requestsEachRound).map { number in
      let tenant = tenants[number % tenants.count]
      let features = ["generate_insight", "generate_goal", "forecast_revenue"]
      guard number.isMultiple(of: 2) else {
        return tenant.deduction(features[Int.random(in: 0..<3, using: &generator)])
      }
      let feature = Int.random(in: 0..<8, using: &generator) == 0 ? "generate_goal" : "generate_insight"
      return tenant.deduction(feature, key: "round \(round) number \(number)".replacing(" ", with: "-"))
    }
    .shuffled(using: &generator)
  }

  @Test("every request is answered, no deadlock is left to its sender, and each key settles once")
  func load() async throws {
    try await Workplace.with { workplace in
      var tenants: [Tenant] = []
      for _ in 0..<4 {
        let tenant = try workplace.tenant(plan: "enterprise")
        for tokenType in ["general", "goal_generation", "forecast"] {
          try workplace.setBalance(of: tenant, tokenType, to: 1_000_000)
        }
        tenants.append(tenant)
      }
      let seed = UInt64.random(in: 0...UInt64.max)
      FileHandle.standardError.write(Data("Two servers: seed \(seed)\n".utf8))
      let settings = workplace.serverSettings
      let servers = (0..<2).map { _ in Settlement(settings: settings, laneCount: 2, queueLimit: 1000) }
      defer { for server in servers { server.shutDown() } }
      let keysSettled = Mutex<Set<String>>([])
      let granted = Mutex(0)
      let answers = try concurrently(8) { [tenants] number in
        // Four senders for each server. Senders of the same number on either side send the same keys.
        var generator = SeededGenerator(seed: seed &+ UInt64(number))
        var briefs: [String] = []
        for round in 0..<Self.rounds {
          let requests = Self.requests(of: tenants, round: round * 4 + number / 2, using: &generator)
          for (request, answer) in zip(requests, servers[number % 2].answers(to: requests)) {
            if case .success(let answer) = answer, answer.outcome == .success {
              if let key = request.idempotencyKey {
                _ = keysSettled.withLock { $0.insert("\(request.organizationID) \(key.value)") }
              } else {
                granted.withLock { $0 += 1 }
              }
              briefs.append("granted")
            } else {
              briefs.append(answer.brief)
            }
          }
        }
        return briefs
      }.flatMap { $0 }

      #expect(answers.count == 8 * Self.rounds * Self.requestsEachRound)
      #expect(Set(answers).subtracting(["granted", "idempotency_key_reused"]) == [], "seed \(seed)")
      let uses = try workplace.administrator.integer("SELECT count(*) FROM public.ai_token_usage_log")
      #expect(uses == Int64(granted.withLock { $0 } + keysSettled.withLock { $0.count }), "seed \(seed)")
      let keyed = try workplace.administrator.integer(
        "SELECT count(*) FROM public.ai_token_usage_log WHERE idempotency_key IS NOT NULL")
      #expect(keyed == Int64(keysSettled.withLock { $0.count }), "seed \(seed)")
    }
  }
}
