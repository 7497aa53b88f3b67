import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@Suite("Roll-ups")
struct RollUpTests {
  @Test("have each use, refusal and movement once, however often somebody rolls up")
  func once() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle([
        tenant.deduction("generate_goal"), tenant.deduction("generate_goal"), tenant.deduction("generate_insight"),
        tenant.deduction("generate_goal", units: 100_000),
      ])
      // Five allocations and three uses; the refusal has no place in a chain, and waits until it is sealed.
      let counts = [try workplace.rollUp(), try workplace.rollUp()]
      #expect(counts == [8, 0] || counts == [8, 1])
      let days = "SELECT string_agg(concat_ws(' ', feature_used, uses, tokens), ', ' ORDER BY feature_used) "
      #expect(
        try workplace.administrator.text(Statement(days + "FROM tollgate.usage_days"))
          == "generate_goal 2 6, generate_insight 1 1")
      #expect(
        try workplace.administrator.text(
          "SELECT concat_ws(' ', used, granted, balance) FROM tollgate.balance_days WHERE token_type = 'goal_generation'"
        )
          == "6 20 14")
      let (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      #expect(answered == "3 7 1")
    }
  }

  @Test("are done when what was found is added, though others go on spending")
  func ending() async throws {
    try await Workplace.with { workplace in
      let tenants = try (0..<3).map { _ in try workplace.tenant() }
      // The first look in the hour finds all balances.
      try workplace.rollUp()
      _ = try workplace.server.settle(
        tenants.flatMap { [$0.deduction("generate_goal"), $0.deduction("generate_goal")] })
      let turn = try workplace.server.query("SELECT rolled_up, is_done FROM tollgate.roll_up()")
      #expect(try turn.integer(0, 0) == 6)
      #expect(try turn.boolean(0, 1) == true)
      _ = try workplace.server.settle(tenants.map { $0.deduction("generate_goal") })
      let cut = try workplace.server.query("SELECT rolled_up, is_done FROM tollgate.roll_up(organization_limit => 2)")
      #expect(try cut.integer(0, 0) == 2)
      #expect(try cut.boolean(0, 1) == false)
      #expect(try workplace.rollUp() == 1)
    }
  }

  @Test("take a busy organization by itself, and are not done while it has more rows than are read at once")
  func longChain() async throws {
    try await Workplace.with { workplace in
      let busy = try workplace.tenant(plan: "enterprise")
      let quiet = try (0..<6).map { _ in try workplace.tenant(plan: "enterprise") }
      try workplace.rollUp()
      // Of half a minute each, so that a part is not the whole, and their ids are in the order of the chain.
      let now = UInt64(Date.now.timeIntervalSince1970 * 1000)
      for later in 0..<90 as Range<UInt64> {
        let id = TransactionID.timeOrdered(milliseconds: now + 30_000 * later)
        _ = try workplace.server.settle(busy.deduction("generate_insight", id: id))
      }
      _ = try workplace.server.settle(quiet.map { $0.deduction("generate_insight") })
      var turns: [Int64] = []
      while turns.reduce(0, +) < 96, turns.count < 20 {
        let turn = try workplace.administrator.query(
          "SELECT rolled_up, is_done FROM tollgate.roll_up(row_limit => 20, milliseconds => 1)")
        turns.append(try turn.integer(0, 0))
        #expect(try turn.boolean(0, 1) == false)
      }
      // Once it was found to have more, each turn takes twenty of it, or forty where it was among others before.
      #expect(turns.reduce(0, +) == 96)
      #expect(turns.allSatisfy { (1...46).contains($0) })
      #expect(turns.count <= 8)
      #expect(try workplace.rollUp() == 0)
    }
  }

  @Test("of an organization whose ids are no guide are made in parts, too")
  func unguidedChain() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.rollUp()
      // Each id is an hour older than the one before it.
      let now = UInt64(Date.now.timeIntervalSince1970 * 1000)
      for earlier in 0..<45 as Range<UInt64> {
        let id = TransactionID.timeOrdered(milliseconds: now - 3_600_000 * earlier)
        _ = try workplace.server.settle(tenant.deduction("generate_insight", id: id))
      }
      let turn = "SELECT concat_ws(' ', rolled_up, is_done) FROM tollgate.roll_up(row_limit => 20, milliseconds => 1)"
      var turns: [String?] = []
      while turns.last??.hasSuffix("t") != true, turns.count < 10 {
        turns.append(try workplace.administrator.text(Statement(turn)))
        let (answered, logged) = try workplace.answeredAndLogged()
        #expect(answered == logged)
        #expect(answered == "45 45 0")
      }
      #expect(turns == ["20 f", "20 f", "5 t"])
    }
  }

  @Test("of such an organization go on behind refusals that wait, and where its ids are a guide again")
  func unguidedBeginning() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.rollUp()
      for _ in 0..<30 { _ = try workplace.server.settle(tenant.deduction("generate_insight", units: 1_000_000_000)) }
      let now = UInt64(Date.now.timeIntervalSince1970 * 1000)
      // The first one's id is of the next year.
      for later in [31_536_000_000] + Array(0..<44) as [UInt64] {
        let id = TransactionID.timeOrdered(milliseconds: now + later)
        _ = try workplace.server.settle(tenant.deduction("generate_insight", id: id))
      }
      var rolled: Int64 = 0
      for _ in 0..<4 {
        rolled += try workplace.administrator.query("SELECT rolled_up FROM tollgate.roll_up(row_limit => 20)").integer(
          0, 0)
        let (answered, logged) = try workplace.answeredAndLogged()
        #expect(answered == logged)
        #expect(answered == "45 45 30")
      }
      #expect(rolled >= 45)
      #expect(try workplace.administrator.text("SELECT sum(uses) FROM tollgate.usage_days") == "45")
    }
  }

  @Test("of the others are made though one organization takes longer than a statement may")
  func oneTooSlow() async throws {
    try await Workplace.with { workplace in
      let tenants = try (0..<3).map { _ in try workplace.tenant() }
      _ = try workplace.server.settle(tenants.map { $0.deduction("generate_goal") })
      try workplace.rollUp()
      _ = try workplace.server.settle(tenants.map { $0.deduction("generate_goal") })
      try workplace.administrator.script(
        """
        BEGIN;
        SELECT FROM tollgate.usage_days WHERE organization_id = '\(tenants[0].id)' FOR UPDATE;
        """)
      try workplace.server.script("SET statement_timeout = '2s'")
      var rolled: Int64 = 0
      for _ in 0..<4 {
        let turn = try workplace.server.query("SELECT rolled_up, is_done FROM tollgate.roll_up()")
        rolled += try turn.integer(0, 0)
        #expect(try turn.boolean(0, 1) == false)
      }
      #expect(rolled == 2)
      try workplace.administrator.script("ROLLBACK")
      #expect(try workplace.rollUp() == 1)
      #expect(try workplace.administrator.text("SELECT sum(uses) FROM tollgate.usage_days") == "6")
    }
  }

  @Test("advance with every turn, however little time it has and however many organizations are behind")
  func shortTurns() async throws {
    try await Workplace.with { workplace in
      // More than are marked, and admitted, at once.
      let tenants = try (0..<120).map { _ in try workplace.tenant() }
      try workplace.rollUp()
      _ = try workplace.server.settle(tenants.map { $0.deduction("generate_goal") })
      var turns: [Int64] = []
      while turns.reduce(0, +) < 120, turns.last != 0 {
        turns.append(
          try workplace.administrator.query("SELECT rolled_up FROM tollgate.roll_up(milliseconds => 1)").integer(0, 0))
      }
      #expect(!turns.contains(0))
      #expect(try workplace.administrator.text("SELECT sum(uses) FROM tollgate.usage_days") == "120")
    }
  }

  @Test("of a transaction that commits late have its rows once, before and after")
  func lateCommit() async throws {
    try await Workplace.with { workplace in
      let (slow, quick) = (try workplace.tenant(), try workplace.tenant())
      try workplace.rollUp()
      var other = try workplace.database.connect()
      try other.script(
        """
        BEGIN;
        SELECT tollgate.deduct('\(slow.id)', NULL, 'generate_goal');
        SELECT tollgate.deduct('\(slow.id)', NULL, 'generate_goal', 100000);
        SELECT tollgate.deduct('\(slow.id)', NULL, 'headline_pick');
        """)
      // Later rows are rolled up, and times pass by that are later than those of the open transaction.
      try workplace.passSeals(quick, isAwaited: false)
      var (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      try other.script("COMMIT")
      (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      try workplace.passSeals(quick)
      (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      #expect(
        try workplace.administrator.text(
          """
          SELECT concat_ws(' ', sum(uses), sum(refusals)) FROM tollgate.usage_days WHERE organization_id = $1::uuid
          """, [slow.parameter]) == "2 1")
    }
  }

  @Test("have what is written with an old id, with one of the future and at injected times, once")
  func oddIDs() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.passSeals(tenant)
      for days in [-31, 31] {
        let clock = "SELECT set_config('tollgate.clock', (now() + interval '\(days) days')::text, true);"
        try workplace.administrator.script("BEGIN; \(clock) SELECT tollgate.ensure_partitions(); COMMIT")
        try workplace.administrator.script(
          """
          BEGIN;
          \(clock)
          SELECT tollgate.deduct('\(tenant.id)', NULL, 'generate_goal', 100000);
          SELECT tollgate.deduct('\(tenant.id)', NULL, 'headline_pick');
          COMMIT;
          """)
        let (answered, logged) = try workplace.answeredAndLogged()
        #expect(answered == logged)
      }
      for id in ["00000000-0000-7000-8000-00000000000", "ffffffff-ffff-7fff-bfff-ffffffffff0"] {
        _ = try workplace.administrator.query(
          """
          SELECT tollgate.settle(ARRAY[$1, $1, $1]::uuid[], '{NULL,NULL,NULL}', '{false,false,false}',
            '{generate_insight,generate_goal,headline_pick}', '{1,100000,1}', '{NULL,NULL,NULL}', '{NULL,NULL,NULL}',
            '{NULL,NULL,NULL}', ARRAY[$2::text || '1', $2::text || '2', $2::text || '3']::uuid[])
          """, [tenant.parameter, .text(id)])
        let (answered, logged) = try workplace.answeredAndLogged()
        #expect(answered == logged)
      }
      #expect(try workplace.count("tollgate.late_entries", of: tenant) >= 4)
      try workplace.passSeals(tenant)
      try workplace.passSeals(tenant)
      #expect(try workplace.count("tollgate.late_entries", of: tenant) == 0)
      let (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      // All but the use and the refusal of next month, whose time has not come.
      #expect(
        try workplace.administrator.text(
          """
          SELECT concat_ws(' ', sum(uses), sum(refusals)) FROM tollgate.usage_days
          WHERE feature_used <> 'analyze_strategy'
          """) == "5 3")
    }
  }

  @Test("count nothing twice when two roll up at once and one is killed half-way, while others spend")
  func twoAtOnce() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("Rolling up at once: seed \(seed)")
    try await Workplace.with { workplace in
      let tenants = try (0..<6).map { _ in try workplace.tenant(plan: "enterprise") }
      let (settings, database) = (workplace.serverSettings, workplace.database)
      _ = try concurrently(5) { worker in
        var dice = Dice(state: seed &+ UInt64(worker))
        switch worker {
        case 0, 1: try Self.spend(tenants, &dice, settings)
        case 2, 3: try Self.keepRollingUp(settings)
        default: try Self.kill(database, &dice)
        }
      }
      let (answered, logged) = try workplace.answeredAndLogged()
      #expect(answered == logged)
      try workplace.rollUp()
      #expect(try workplace.administrator.integer("SELECT count(*) FROM tollgate.usage_days") > 0)
    }
  }

  /// Uses and refusals of tenants, with and without a balance.
  private static func spend(_ tenants: [Tenant], _ dice: inout Dice, _ settings: ConnectionSettings) throws {
    var connection = try Connection(settings)
    for _ in 0..<60 {
      let feature = ["generate_goal", "headline_pick", "generate_insight"][dice.roll(3)]
      let units: Int64 = feature != "headline_pick" && dice.roll(4) == 0 ? 100_000 : 1
      _ = try connection.settle([tenants[dice.roll(tenants.count)].deduction(feature, units: units)])
    }
  }

  /// Small turns, again after each that was killed.
  private static func keepRollingUp(_ settings: ConnectionSettings) throws {
    var connection = try Connection(settings)
    for _ in 0..<40 {
      do { _ = try connection.query("SELECT tollgate.roll_up(3, 60)") } catch {
        connection = try Connection(settings)
      }
    }
  }

  private static func kill(_ database: TestDatabase, _ dice: inout Dice) throws {
    var connection = try database.connect()
    for _ in 0..<30 {
      _ = try connection.query(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT tollgate.roll_up%'
          AND pid <> pg_backend_pid()
        LIMIT $1::bigint
        """, [.integer(Int64(dice.roll(2)))])
    }
  }

  @Test("stay right when months of the ledger are dropped")
  func retention() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      try workplace.passSeals(tenant)
      let before = try workplace.administrator.text(
        "SELECT string_agg(day::text, ' ' ORDER BY day::text) FROM tollgate.usage_days AS day")
      let check = try #require(Self.check)
      // Next month is all that is left of the ledger.
      try workplace.administrator.script(
        """
        BEGIN;
        \(Self.dropThisMonth)
        """)
      #expect(try workplace.administrator.lines(Statement(check)) == [])
      #expect(
        try workplace.administrator.text(
          "SELECT string_agg(day::text, ' ' ORDER BY day::text) FROM tollgate.usage_days AS day") == before)
      try workplace.administrator.script("ROLLBACK")
    }
  }

  @Test("begin with what is left where months were dropped before they were rolled up")
  func droppedBefore() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      let check = try #require(Self.check)
      try workplace.administrator.script(
        """
        BEGIN;
        SELECT set_config('tollgate.clock', (date_trunc('month', now(), 'UTC') + interval '40 days')::text, true);
        SELECT tollgate.ensure_partitions();
        SELECT tollgate.deduct('\(tenant.id)', NULL, 'generate_insight') FROM generate_series(1, 30);
        \(Self.dropThisMonth)
        """)
      let left = try workplace.administrator.integer("SELECT count(*) FROM public.ai_token_usage_log")
      #expect(left == 30)
      var turns: [String?] = []
      while turns.last??.hasSuffix("t") != true, turns.count < 10 {
        turns.append(
          try workplace.administrator.text(
            "SELECT concat_ws(' ', rolled_up > 0, is_done) FROM tollgate.roll_up(row_limit => 20)"))
      }
      #expect(turns.last == "t t" || turns.last == "f t")
      #expect(try workplace.administrator.integer("SELECT sum(uses) FROM tollgate.usage_days") == left)
      #expect(try workplace.administrator.lines(Statement(check)) == [])
      try workplace.administrator.script("ROLLBACK")
    }
  }

  /// Drops the part of the ledger that was written until now.
  private static let dropThisMonth = """
    DO $$
    DECLARE
      month text := to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM');
    BEGIN
      EXECUTE format('DROP TABLE tollgate.ai_token_usage_log_%s, tollgate.ledger_entries_%s', month, month);
    END
    $$;
    """

  /// The text of check 24, as a database without a month is asked it alone.
  private static var check: String? {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../sql/checks/24_roll_ups_equal_their_ledger.sql")
    return try? String(contentsOf: file, encoding: .utf8)
  }
}
