import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("Batches that are granted as a whole or not at all")
struct AtomicTests {
  private static func answers(_ deductions: [Deduction], _ workplace: inout Workplace) throws -> [String] {
    let group = try #require(AtomicDeductions(deductions))
    let statement = SettleStatement.together
    let rows = try statement.send([group], &workplace.server)
    return try statement.read(rows, [group]).flatMap { $0 }.map(\.brief)
  }

  @Test("what can be paid as a whole is granted in order, and sent again it is repeated as a whole")
  func granted() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let requests = [("generate_goal", "a"), ("generate_insight", "b"), ("generate_goal", "c")].map {
        tenant.deduction($0.0, key: $0.1)
      }
      let expected = ["success 3: 20 → 17 safe", "success 1: 50 → 49 safe", "success 3: 17 → 14 safe"]
      #expect(try Self.answers(requests, &workplace) == expected)
      let again = requests.map { request in
        var again = request
        again.transactionID = .fresh()
        return again
      }
      #expect(try Self.answers(again, &workplace) == expected.map { $0 + " again" })
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 3)
    }
  }

  /// Items that are not granted, beside two that could be, and what is said of them.
  private static let spoilers: [(feature: String, units: Int64, answer: String)] = [
    ("generate_goal", 6, "insufficient_tokens 18: 14 → 14 safe"), ("no_such_feature", 1, "unknown_feature"),
    ("generate_goal", 0, "amount_out_of_range"), ("surprise_me", 1, "insufficient_tokens 50: 0 → 0 exhausted"),
  ]

  @Test("one item that is not granted keeps every other from being charged, and no key is remembered")
  func refused() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for (feature, units, answer) in Self.spoilers {
        let requests = [
          tenant.deduction("generate_goal", key: "a"), tenant.deduction("generate_goal", key: "b"),
          tenant.deduction(feature, units: units, key: "c"),
        ]
        #expect(try Self.answers(requests, &workplace) == ["batch_refused", "batch_refused", answer])
      }
      #expect(try workplace.balance(of: tenant, "goal_generation") == 20)
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 0)
      #expect(try workplace.count("tollgate.idempotency_keys", of: tenant) == 0)
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'refusal'") == 2)
    }
  }

  @Test("a refused batch may be sent again under its keys: refused again, and granted once it can be paid")
  func refusedThenGranted() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      func requests() -> [Deduction] {
        [tenant.deduction("generate_goal", key: "a"), tenant.deduction("generate_goal", units: 6, key: "b")]
      }
      for _ in 1...2 {
        #expect(
          try Self.answers(requests(), &workplace) == ["batch_refused", "insufficient_tokens 18: 17 → 17 safe"])
      }
      #expect(try workplace.database.violations() == [])
      try workplace.setBalance(of: tenant, "goal_generation", to: 100)
      #expect(
        try Self.answers(requests(), &workplace) == ["success 3: 100 → 97 safe", "success 18: 97 → 79 safe"])
    }
  }

  @Test("what was settled before under its key keeps its answer in a batch that is refused")
  func settledBefore() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", key: "a"))
      let answers = try Self.answers(
        [
          tenant.deduction("generate_goal", key: "a"), tenant.deduction("generate_goal", key: "b"),
          tenant.deduction("generate_goal", units: 9, key: "c"),
        ], &workplace)
      #expect(
        answers == ["success 3: 20 → 17 safe again", "batch_refused", "insufficient_tokens 27: 14 → 14 safe"])
      #expect(try workplace.balance(of: tenant, "goal_generation") == 17)
    }
  }

  @Test("a group without items, or with an item that has no key, is none")
  func noGroup() throws {
    #expect(AtomicDeductions([]) == nil)
    let user = UserID(high: 1, low: 1)
    let tenant = Tenant(id: OrganizationID(high: 1, low: 1), member: user, otherMember: user)
    #expect(AtomicDeductions([tenant.deduction("a", key: "k"), tenant.deduction("a")]) == nil)
  }
}
