import Postgres
import Testbed
import Testing
import Tokens

@Suite("A batch touches no tenant but its items' own")
struct TenantIsolationTests {
  /// Everything there is about a tenant, byte by byte.
  private static func everything(of tenant: Tenant, _ workplace: inout Workplace) throws -> [String] {
    var rows: [String] = []
    for (table, column) in [
      ("public.organizations", "id"), ("public.user_profiles", "organization_id"),
      ("public.ai_tokens", "organization_id"), ("public.ai_token_usage_log", "organization_id"),
      ("tollgate.ledger_entries", "organization_id"), ("tollgate.idempotency_keys", "organization_id"),
    ] {
      // ctid and xmin show even a row that was written anew with the same values.
      rows += try workplace.administrator.lines(
        Statement(
          """
          SELECT t.tableoid::regclass, t.ctid, t.xmin, t FROM \(table) AS t WHERE \(column) = $1::uuid
          ORDER BY t.ctid, t.tableoid
          """), [tenant.parameter])
    }
    return rows
  }

  @Test("settling for one leaves every row of the other untouched, its due reset and change by hand included")
  func untouched() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      _ = try workplace.server.settle([other.deduction("generate_goal", key: "k"), mine.deduction("generate_goal")])
      _ = try workplace.administrator.query(
        """
        UPDATE public.ai_tokens SET refresh_date = now() - interval '1 day', balance = balance + 1
        WHERE token_type IN ('general', 'goal_generation')
        """)
      let before = try Self.everything(of: other, &workplace)
      #expect(before.count > 10)
      let answers = try workplace.server.settle([
        mine.deduction("generate_goal", key: "k"),
        mine.deduction("generate_goal", by: .member(other.member)),
        mine.deduction("generate_goal", by: .service(onBehalfOf: other.member)),
        mine.deduction("generate_insight", units: 1000),
        mine.deduction("no_such_feature", key: "k2"),
        mine.deduction("surprise_me"),
      ])
      #expect(
        answers.map(\.outcome) == [
          .success, .forbidden, .success, .insufficientTokens, .unknownFeature, .insufficientTokens,
        ])
      #expect(try Self.everything(of: other, &workplace) == before)
    }
  }

  @Test("an item that names another organization's user as a member is forbidden and changes neither")
  func foreignUser() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      let before = [try Self.everything(of: mine, &workplace), try Self.everything(of: other, &workplace)]
      let answers = try workplace.server.settle([
        mine.deduction("generate_goal", key: "k", by: .member(other.member)),
        other.deduction("generate_goal", key: "k", by: .member(mine.member)),
      ])
      #expect(answers.map(\.brief) == ["forbidden", "forbidden"])
      #expect([try Self.everything(of: mine, &workplace), try Self.everything(of: other, &workplace)] == before)
    }
  }

  @Test("the same keys, events and transaction ids in two organizations of one batch stay apart")
  func sameNames() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant(plan: "enterprise")
      let shared = TransactionID.fresh()
      let refused = TransactionID.fresh()
      let answers = try workplace.server.settle([
        mine.deduction("generate_goal", key: "k", event: "e", id: shared),
        other.deduction("generate_goal", key: "k", event: "e", id: shared),
        mine.deduction("generate_goal", units: 70, key: "r", id: refused),
        other.deduction("generate_goal", units: 70, key: "r", id: refused),
      ])
      #expect(
        answers.map(\.brief) == [
          "success 3: 20 → 17 safe", "success 3: 200 → 197 safe", "insufficient_tokens 210: 17 → 17 safe",
          "insufficient_tokens 210: 197 → 197 safe",
        ])
      let again = try workplace.server.settle([
        other.deduction("generate_goal", key: "k", event: "e"), mine.deduction("generate_goal", key: "k", event: "e"),
      ])
      #expect(again.map { Numbers($0) } == [Numbers(answers[1]), Numbers(answers[0])])
    }
  }

  @Test("replays ask for the membership of today: who left is forbidden and told nothing")
  func formerMember() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      _ = try workplace.administrator.query(
        "DELETE FROM public.user_profiles WHERE id = $1::uuid", [.text(tenant.member.description)])
      let answer = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      #expect(answer.outcome == .forbidden)
      #expect(answer.settlement == nil)
    }
  }

  @Test("after a batch, and after one that failed, the session is admitted to no organization")
  func nothingLeftBehind() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let admitted = Statement("SELECT coalesce(current_setting('tollgate.organizations', true), '')")
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(try workplace.server.text(admitted) == "")
      let twice = tenant.deduction("generate_goal")
      #expect(throws: PostgresError.self) { try workplace.server.settle([twice, twice]) }
      #expect(try workplace.server.text(admitted) == "")
      try workplace.server.script("BEGIN")
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(try workplace.server.text(admitted) == "")
      try workplace.server.script("ROLLBACK")
    }
  }
}
