import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@Suite("Settlement against a model of its rules")
struct ModelTests {
  private static func environment(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// `TOLLGATE_SEED` repeats a run; `TOLLGATE_MODEL_BATCHES` makes it longer.
  private static let seed = environment("TOLLGATE_SEED") ?? .random(in: 0...UInt64.max)
  private static let batchCount = environment("TOLLGATE_MODEL_BATCHES") ?? 300

  @Test("random batches, split in any way, come out as if each request had come alone and in order")
  func randomBatches() async throws {
    let seed = Self.seed
    FileHandle.standardError.write(Data("Model of settlement: TOLLGATE_SEED=\(seed)\n".utf8))
    try await Workplace.with { workplace in
      var (model, tenants) = try Self.setting(&workplace)
      // One that does not exist, with users of one that does.
      tenants.append(
        Tenant(id: OrganizationID(high: 7, low: 7), member: tenants[0].member, otherMember: tenants[1].member))
      var requests = RandomDeductions(tenants: tenants, generator: SeededGenerator(seed: seed))
      for number in 0..<Self.batchCount {
        if requests.pick(5) == 0 { try Self.intervene(&workplace, &model, tenants.dropLast(), &requests) }
        let batch = requests.batch(limit: number % 10 == 0 ? 60 : 8)
        let expected = batch.map { model.settle($0) }
        let answers = try workplace.server.settle(batch).map { SettlementModel.Expectation($0) }
        try #require(answers.count == expected.count)
        for (place, answer) in answers.enumerated() where answer != expected[place] {
          Issue.record("TOLLGATE_SEED=\(seed), batch \(number), item \(place): \(batch[place])")
          #expect(answer == expected[place])
        }
        guard answers == expected else { return }
      }
      for tenant in tenants.dropLast() {
        // A balance that nothing was asked of since its change has not booked it yet: its next use does.
        for feature in ["generate_leads", "generate_goal", "analyze_strategy", "forecast_revenue", "generate_insight"] {
          let last = tenant.deduction(feature, by: .service(onBehalfOf: nil))
          let expected = model.settle(last)
          #expect(SettlementModel.Expectation(try workplace.server.settle(last)) == expected, "TOLLGATE_SEED=\(seed)")
        }
        let expected = (model.accounts[tenant.id]?.balances ?? [:]).map { tokenType, purse in
          "\(tokenType)|\(purse.balance)|\(purse.allocated)|\(purse.used)|\(min(purse.purchased, purse.balance))"
        }
        let found = try workplace.administrator.lines(
          """
          SELECT token_type, balance, total_allocated, total_used, least(purchased, balance)
          FROM public.ai_tokens WHERE organization_id = $1::uuid
          """, [tenant.parameter])
        #expect(found.sorted() == expected.sorted(), "TOLLGATE_SEED=\(seed)")
      }
    }
  }

  /// Organizations of every plan, one with budgets beyond its plan, one suspended.
  private static func setting(_ workplace: inout Workplace) throws -> (SettlementModel, [Tenant]) {
    var model = SettlementModel()
    var tenants: [Tenant] = []
    for plan in ["pro", "pro", "starter", "enterprise", "pro"] {
      let tenant = try workplace.tenant(plan: plan)
      tenants.append(tenant)
      var account = SettlementModel.Account(plan: plan, members: [tenant.member, tenant.otherMember])
      for tokenType in SettlementModel.planTypes {
        let tokens = SettlementModel.allocation(plan, tokenType) ?? 0
        account.balances[tokenType] = SettlementModel.Purse(balance: tokens, allocated: tokens)
      }
      model.accounts[tenant.id] = account
    }
    for (tokenType, balance) in [("api_budget", Int64(1000)), ("feature_depth", 50)] {
      try workplace.setBalance(of: tenants[0], tokenType, to: balance)
      model.set(tenants[0].id, tokenType, balance: balance, purchased: 0)
    }
    let suspended = tenants[4]
    _ = try workplace.administrator.query(
      "UPDATE public.organizations SET status = 'suspended' WHERE id = $1::uuid", [suspended.parameter])
    model.accounts[suspended.id]?.isSuspended = true
    return (model, tenants)
  }

  /// What happens between batches: a period ends, or an administrator changes a balance by hand.
  private static func intervene(
    _ workplace: inout Workplace, _ model: inout SettlementModel, _ tenants: ArraySlice<Tenant>,
    _ requests: inout RandomDeductions
  ) throws {
    let tenant = tenants[requests.pick(tenants.count)]
    let tokenType = SettlementModel.planTypes[requests.pick(SettlementModel.planTypes.count)]
    if requests.pick(2) == 0 {
      _ = try workplace.administrator.query(
        """
        UPDATE public.ai_tokens SET refresh_date = now() - make_interval(secs => $3::bigint)
        WHERE organization_id = $1::uuid AND token_type = $2
        """, [tenant.parameter, .text(tokenType), .integer(Int64(requests.pick(9_000_000)))])
      model.reset(tenant.id, tokenType)
    } else {
      let balance = Int64(requests.pick(120))
      let purchased = Int64(requests.pick(Int(balance) + 1))
      // A period that is over and not reset yet would take the change away again: then leave it.
      let changed = try workplace.administrator.lines(
        """
        UPDATE public.ai_tokens SET balance = $3::bigint, purchased = $4::bigint
        WHERE organization_id = $1::uuid AND token_type = $2 AND refresh_date > now() RETURNING 1
        """, [tenant.parameter, .text(tokenType), .integer(balance), .integer(purchased)])
      if changed == ["1"] { model.set(tenant.id, tokenType, balance: balance, purchased: purchased) }
    }
  }
}
