import Postgres
import Testbed
import Testing

@testable import Schema

@Suite("Auditing")
struct AuditorTests {
  @Test("every invariant holds after uses, refusals, resets and changes by hand")
  func holds() async throws {
    try await TestDatabase.withMigrated { database in
      try database.script(PlantedViolation.setting)
      try database.script(
        """
        UPDATE public.ai_tokens SET balance = 9999;
        UPDATE public.ai_tokens SET refresh_date = now() - interval '40 days' WHERE token_type = 'forecast';
        SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'after');
        SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'forecast_revenue');
        SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'headline_pick');
        """)
      let results = try Auditor(settings: database.settings).run()
      #expect(results.map(\.name) == EmbeddedSchema.checks.map(\.name))
      #expect(results.flatMap(\.violations) == [])
    }
  }

  @Test("every check says first which invariant it is about")
  func invariants() {
    #expect(!EmbeddedSchema.checks.isEmpty)
    for check in EmbeddedSchema.checks {
      #expect(check.invariant.hasPrefix("Invariant \(Int(check.name.prefix(2)) ?? 0): "), "\(check.name)")
    }
  }

  @Test("every check has a planted violation")
  func controls() {
    #expect(Set(PlantedViolation.all.map(\.check)) == Set(EmbeddedSchema.checks.map(\.name)))
  }

  @Test("checks find the same whatever time zone the session has, as PGTZ may set it")
  func timeZone() async throws {
    try await TestDatabase.withMigrated { database in
      try database.script(PlantedViolation.setting)
      try database.script(
        """
        SELECT tollgate.create_key(NULL, gen_random_uuid(), sha256('ends'), 'Ends', '{read}',
          expires_at => now() + interval '1 day')
        """)
      let auditor = Auditor(settings: database.settings)
      var connection = try Connection(auditor.settings)
      try connection.script("SET TimeZone = 'Asia/Tokyo'")
      let results = try connection.transaction { try auditor.results(on: &$0) }
      #expect(results.flatMap(\.violations) == [])
    }
  }

  @Test("a check that cannot be run is a violation, and the others go on")
  func brokenCheck() async throws {
    try await TestDatabase.withMigrated { database in
      try database.script("DROP VIEW tollgate.ledger; GRANT DELETE ON public.ai_token_usage_log TO service_role")
      let violated = try Auditor(settings: database.settings).run().filter { !$0.holds }
      #expect(violated.first?.violations == ["the check cannot be run (SQLSTATE 42P01)"])
      #expect(violated.contains { $0.name == "12_logs_are_append_only" })
    }
  }
}
