import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("A year by the injected clock")
struct YearTests {
  /// `TOLLGATE_SEED` repeats a run.
  private static let seed =
    ProcessInfo.processInfo.environment["TOLLGATE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)

  /// 31st January 2027, 10:30 in Berlin, and a leap day more than a year.
  private static let start = Date(timeIntervalSince1970: 1_801_387_800)
  private static let days = 366 + 29

  private static func set(_ clock: Date, _ workplace: inout Workplace) throws {
    try workplace.administrator.script(
      "SET tollgate.clock = '\(clock.ISO8601Format())'; SELECT tollgate.ensure_partitions()")
  }

  /// Makes an organization with a plan of its own, which allocates tokens for generate_goal alone.
  private static func tenant(_ kind: PeriodKind, _ number: Int, _ workplace: inout Workplace) throws -> Tenant {
    let plan = "plan_\(number)"
    _ = try workplace.administrator.query("INSERT INTO tollgate.plans (plan, title) VALUES ($1, $1)", [.text(plan)])
    _ = try workplace.administrator.query(
      """
      INSERT INTO tollgate.plan_allocations (plan, token_type, tokens, period, period_days, anchored, rollover_cap)
      VALUES ($1, 'goal_generation', $2::bigint, $3, $4::bigint, $5, $6::bigint)
      """,
      [
        .text(plan), .integer(kind.allocation), .text(kind.period), .integer(Int64(kind.days)),
        .boolean(kind.isAnchored), .integer(kind.rolloverCap),
      ])
    let organization = try #require(
      try workplace.administrator.text(
        "SELECT tollgate.create_organization('Year', $1, $2)", [.text(plan), .text(kind.zone)]))
    let member = try #require(
      try workplace.administrator.text("SELECT tollgate.create_user($1::uuid)", [.text(organization)]))
    let user = try #require(UserID(member))
    return Tenant(id: try #require(OrganizationID(organization)), member: user, otherMember: user)
  }

  @Test("whoever spends or sweeps on whatever days: each period resets once, and what was spent since stays spent")
  func year() async throws {
    let seed = Self.seed
    FileHandle.standardError.write(Data("A year: TOLLGATE_SEED=\(seed)\n".utf8))
    try await Workplace.with { workplace in
      var generator = SeededGenerator(seed: seed)
      func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
      try Self.set(Self.start, &workplace)
      var accounts: [YearAccount] = []
      for (number, kind) in PeriodKind.all.enumerated() {
        let tenant = try Self.tenant(kind, number, &workplace)
        accounts.append(
          YearAccount(tenant: tenant, kind: kind, ends: try kind.ends(from: Self.start, days: Self.days)))
      }

      var clock = Self.start
      let end = Self.start + Double(Self.days) * 86_400
      while clock < end {
        // Most steps are hours, some are weeks in which nothing happens.
        clock += Double(pick(40) == 0 ? 60 + pick(40 * 86_400) : 60 + pick(30 * 3600))
        clock = min(clock, end)
        try Self.set(clock, &workplace)
        if pick(6) == 0 || clock == end {
          _ = try workplace.administrator.query("SELECT tollgate.sweep(3)")
        }
        for _ in 0..<pick(4) {
          // The first is never touched but by sweeps.
          let place = 1 + pick(accounts.count - 1)
          let units = Int64(1 + pick(3))
          let expected = accounts[place].spend(3 * units, at: clock)
          let answer = try workplace.administrator.settle(
            accounts[place].tenant.deduction("generate_goal", units: units))
          let found = "\(answer.outcome.rawValue) \(answer.settlement?.balanceAfter ?? -1)"
          try #require(found == expected, "TOLLGATE_SEED=\(seed), \(accounts[place].kind) at \(clock)")
        }
      }
      while try workplace.administrator.integer("SELECT tollgate.sweep(3)") > 0 {}
      for account in accounts { try Self.check(account, &workplace) }
    }
  }

  private static func check(_ account: YearAccount, _ workplace: inout Workplace) throws {
    let name: Comment = "TOLLGATE_SEED=\(seed), \(account.kind)"
    // Each reset says when the next is due, and which it was: a chain from the first end to the one still ahead.
    let resets = try workplace.administrator.lines(
      """
      SELECT count(*), count(DISTINCT ended), coalesce(sum(periods), 0),
        bool_and(next_end IS NOT DISTINCT FROM coalesce(following, refresh_date)), bool_and(booked_at >= ended)
      FROM (
        SELECT (entry.metadata ->> 'periodEnd')::timestamptz AS ended, (entry.metadata ->> 'periods')::integer AS periods,
          (entry.metadata ->> 'nextPeriodEnd')::timestamptz AS next_end, entry.created_at AS booked_at, token.refresh_date,
          lead((entry.metadata ->> 'periodEnd')::timestamptz) OVER (ORDER BY entry.sequence) AS following
        FROM tollgate.ledger_entries AS entry
          JOIN public.ai_tokens AS token USING (organization_id, token_type)
        WHERE entry.organization_id = $1::uuid AND entry.kind = 'reset'
      ) AS reset
      """, [account.tenant.parameter])
    let values = try #require(resets.first).split(separator: "|", omittingEmptySubsequences: false)
    #expect(values[0] == values[1], name)
    #expect(values[2] == "\(account.ends.count)", name)
    if !account.ends.isEmpty { #expect(values[3...] == ["t", "t"], name) }
    var expected = account
    _ = expected.spend(0, at: .distantFuture)
    #expect(try workplace.balance(of: account.tenant, "goal_generation") == expected.balance, name)
  }
}
