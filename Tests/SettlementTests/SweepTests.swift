import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("Sweeping up what is due")
struct SweepTests {
  private static let sweep = Statement("SELECT tollgate.sweep($1::bigint::integer, $2)")

  /// Sweeps until nothing is due that is not locked, and returns how many balances that were.
  private static func sweepAll(
    _ connection: inout Connection, batch: Int64 = 500, everywhere: Bool = false
  ) throws -> Int64 {
    var total: Int64 = 0
    while true {
      let count = try connection.integer(sweep, [.integer(batch), .boolean(everywhere)])
      if count == 0 { return total }
      total += count
    }
  }

  /// Lets the period of every balance end so many periods ago, and a little.
  private static func endPeriods(_ periods: Int, _ workplace: inout Workplace) throws {
    try workplace.administrator.script(
      "UPDATE public.ai_tokens SET refresh_date = now() - make_interval(secs => \(periods * 2_592_000 + 60))")
  }

  private static let resets = Statement(
    """
    SELECT count(*), count(DISTINCT (organization_id, token_type, metadata ->> 'periodEnd')), min(metadata ->> 'periods'),
      max(metadata ->> 'periods')
    FROM tollgate.ledger_entries WHERE kind = 'reset'
    """)

  private static let dueCount = Statement("SELECT count(*) FROM tollgate.due_resets")

  @Test("what is due is booked for all organizations, once, and what is not stays")
  func all() async throws {
    try await Workplace.with { workplace in
      for _ in 1...3 { _ = try workplace.server.settle(try workplace.tenant().deduction("generate_goal")) }
      #expect(try Self.sweepAll(&workplace.server) == 0)
      try workplace.administrator.script(
        "UPDATE public.ai_tokens SET refresh_date = now() - interval '1 minute' WHERE token_type <> 'forecast'")
      #expect(try workplace.server.integer(Self.sweep, [5, false]) == 5)
      #expect(try Self.sweepAll(&workplace.server, batch: 5) == 7)
      #expect(try workplace.administrator.lines(Self.resets) == ["12|12|1|1"])
      #expect(
        try workplace.administrator.lines(
          "SELECT DISTINCT balance FROM public.ai_tokens WHERE token_type = 'goal_generation'") == ["20"])
      #expect(try Self.sweepAll(&workplace.server, everywhere: true) == 0)
    }
  }

  @Test("where nobody swept for three periods there is one reset, which says so")
  func threePeriods() async throws {
    try await Workplace.with { workplace in
      _ = try workplace.tenant()
      try Self.endPeriods(3, &workplace)
      #expect(try Self.sweepAll(&workplace.server) == 5)
      #expect(try workplace.administrator.lines(Self.resets) == ["5|5|4|4"])
    }
  }

  @Test("sweepers and spenders at the same time reset each period once, and what is spent after a reset stays spent")
  func together() async throws {
    try await Workplace.with { workplace in
      var tenants: [Tenant] = []
      for _ in 1...12 { tenants.append(try workplace.tenant(plan: "enterprise")) }
      let settings = workplace.serverSettings
      for round in 1...3 {
        try Self.endPeriods(round - 1, &workplace)
        let line = StartingLine(6)
        let counts = try concurrently(6) { [tenants] number in
          var connection = try Connection(settings)
          line.wait()
          if number < 4 { return try Self.sweepAll(&connection, batch: 7) }
          for tenant in number == 4 ? tenants : tenants.reversed() {
            let answers = try connection.settle([tenant.deduction("generate_goal"), tenant.deduction("generate_leads")])
            #expect(answers.map(\.outcome) == [.success, .success])
          }
          return 0
        }
        // Those that a spender reset first were nothing for the sweepers.
        #expect((36...60).contains(counts.reduce(0, +)), "\(counts)")
        #expect(try Self.sweepAll(&workplace.server) == 0)
        #expect(
          try workplace.administrator.lines(
            """
            SELECT DISTINCT balance, total_used FROM public.ai_tokens
            WHERE token_type IN ('goal_generation', 'lead_generation') ORDER BY balance
            """) == ["194|6", "490|10"])
        #expect(
          try workplace.administrator.integer("SELECT count(*) FROM tollgate.ledger WHERE kind = 'reset'")
            == Int64(60 * round))
      }
    }
  }

  @Test("of a sweeper that is killed half-way nothing stays, and others have done the rest meanwhile")
  func killed() async throws {
    try await Workplace.with { workplace in
      for _ in 1...4 { _ = try workplace.tenant() }
      try Self.endPeriods(0, &workplace)
      var doomed = try Connection(workplace.serverSettings)
      try doomed.script("BEGIN")
      #expect(try doomed.integer(Self.sweep, [8, false]) == 8)
      #expect(try Self.sweepAll(&workplace.server) == 12)
      #expect(try workplace.administrator.integer(Self.dueCount) == 8)
      _ = try workplace.administrator.query(
        "SELECT pg_terminate_backend($1::bigint::integer, 10000)", [.integer(Int64(doomed.backendProcessID))])
      #expect(throws: PostgresError.self) { try doomed.script("COMMIT") }
      #expect(try Self.sweepAll(&workplace.server) == 8)
      #expect(try workplace.administrator.lines(Self.resets) == ["20|20|1|1"])
    }
  }

  @Test("a change by hand is booked by a sweep everywhere, and by no other")
  func everywhere() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.tenant()
      try workplace.setBalance(of: tenant, "goal_generation", to: 9999)
      #expect(try Self.sweepAll(&workplace.server) == 0)
      #expect(try Self.sweepAll(&workplace.server, everywhere: true) == 1)
      #expect(
        try workplace.administrator.lines(
          "SELECT amount, balance_after FROM tollgate.ledger WHERE kind = 'adjustment'") == ["9979|9999"])
    }
  }

  @Test("a reservation that nobody finished is let go, also of a bucket, which is always due")
  func reservations() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(
        """
        UPDATE tollgate.plan_allocations SET refill_tokens = 5, refill_seconds = 60, period = 'never'
        WHERE plan = 'pro' AND token_type = 'forecast';
        UPDATE public.ai_tokens SET due_at = '-infinity', refilled_at = now(), refresh_date = NULL
        WHERE token_type = 'forecast';
        """)
      for tokenType in ["goal_generation", "forecast"] {
        let outcome = try workplace.server.text(
          """
          SELECT outcome FROM tollgate.settle(ARRAY[$1::uuid], ARRAY[NULL::uuid], ARRAY[false], ARRAY[NULL::text],
            ARRAY[NULL::bigint], ARRAY[NULL::text], ARRAY[NULL::text], ARRAY[NULL::jsonb], ARRAY[gen_random_uuid()],
            ARRAY[jsonb_build_object('operation', 'reserve', 'ttlSeconds', 60, 'tokenType', $2::text, 'amount', 7)])
          """, [tenant.parameter, .text(tokenType)])
        #expect(outcome == "success")
      }
      #expect(try Self.sweepAll(&workplace.server) == 0)
      let held = Statement(
        "SELECT token_type, reserved FROM public.ai_tokens WHERE token_type IN ('goal_generation', 'forecast') ORDER BY 1"
      )
      #expect(try workplace.administrator.lines(held) == ["forecast|7", "goal_generation|7"])
      _ = try workplace.administrator.query(
        "SELECT set_config('tollgate.clock', (now() + interval '61 seconds')::text, false)")
      #expect(try Self.sweepAll(&workplace.administrator) == 2)
      #expect(try workplace.administrator.lines(held) == ["forecast|0", "goal_generation|0"])
      #expect(
        try workplace.administrator.lines("SELECT DISTINCT status FROM tollgate.reservations") == ["expired"])
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }

  @Test("a next plan begins with its time, once all of the resets before it are booked")
  func nextPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let waiting = try workplace.tenant(plan: "enterprise")
      try Self.endPeriods(0, &workplace)
      _ = try workplace.administrator.query(
        """
        UPDATE public.organizations SET next_plan = 'pro',
          next_plan_from = CASE id WHEN $1::uuid THEN now() + interval '1 hour' ELSE now() - interval '2 minutes' END
        """, [waiting.parameter])
      let plans = Statement(
        "SELECT plan, next_plan, next_plan_from IS NULL FROM public.organizations ORDER BY id = $1::uuid")
      // One balance that somebody holds is enough to wait for.
      var holder = try workplace.database.connect()
      try holder.script("BEGIN")
      _ = try holder.query(
        "SELECT FROM public.ai_tokens WHERE organization_id = $1::uuid AND token_type = 'general' FOR UPDATE",
        [tenant.parameter])
      #expect(try Self.sweepAll(&workplace.server) == 9)
      #expect(
        try workplace.administrator.lines(plans, [waiting.parameter]) == ["enterprise|pro|f", "enterprise|pro|f"])
      try holder.script("ROLLBACK")
      #expect(try Self.sweepAll(&workplace.server) == 2)
      #expect(try workplace.administrator.lines(plans, [waiting.parameter]) == ["pro||t", "enterprise|pro|f"])
      // The reset was the later plan's already, and stays it.
      #expect(try workplace.balance(of: tenant, "goal_generation") == 20)
      #expect(try workplace.balance(of: tenant, "general") == 50)
      #expect(try workplace.balance(of: waiting, "goal_generation") == 200)
    }
  }

  @Test("a balance that cannot be brought up to date keeps no other from it")
  func impossible() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        """
        UPDATE public.ai_tokens SET balance = 1000000000000000000, purchased = 1000000000000000000
        WHERE token_type = 'goal_generation'
        """)
      try Self.endPeriods(0, &workplace)
      #expect(try Self.sweepAll(&workplace.server) == 4)
      #expect(try workplace.administrator.integer(Self.dueCount) == 1)
      try workplace.setBalance(of: tenant, "goal_generation", to: 3)
      #expect(try Self.sweepAll(&workplace.server) == 1)
    }
  }

  @Test("a sweep takes 1 to 10000 balances", arguments: [-1, 0, 10_001] as [Int64])
  func bounds(limit: Int64) async throws {
    try await Workplace.with { workplace in
      _ = try workplace.tenant()
      #expect(try workplace.server.refusal(Self.sweep, [.integer(limit), false]) == "TG400")
      #expect(try workplace.server.refusal("SELECT tollgate.sweep(NULL, NULL)") == "TG400")
      #expect(try workplace.server.refusal("SELECT tollgate.sweep(1, NULL)") == nil)
    }
  }
}
