import Postgres
import Testbed
import Testing

@Suite("When a change is recorded")
struct AuditedTimeTests {
  @Test("a record is of the moment of its change, however long ago its transaction began, and its id says the same")
  func moment() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.transaction { administrator in
        _ = try administrator.query("SELECT tollgate.suspend_organization($1::uuid)", [tenant.parameter])
        let isLater = try administrator.text(
          """
          SELECT bool_and(created_at > now() AND created_at <= clock_timestamp()
            AND id >= tollgate.first_id_at(created_at - interval '1 second')
            AND id < tollgate.first_id_at(created_at + interval '1 second'))
          FROM tollgate.audit_log WHERE change = 'organization.update'
          """)
        #expect(isLater == "t")
      }
    }
  }

  @Test("what was before a time long ago is found without reading what came after it")
  func before() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      // Two years with a change each half hour, of which the first ten are asked for.
      try workplace.administrator.script(
        """
        INSERT INTO tollgate.audit_log
          (organization_id, id, actor_kind, database_role, change, subject, before, after, created_at)
        SELECT '\(tenant.id)', overlay(gen_random_uuid()::text
            PLACING left(tollgate.first_id_at(at)::text, 13) FROM 1 FOR 13)::uuid,
          'service', 'tollgate_server', 'balance.adjust', 'general', '{}', '{}', at
        FROM generate_series('2024-01-01Z'::timestamptz, '2025-12-31Z', interval '30 minutes') AS at;
        ANALYZE tollgate.audit_log;
        """)
      let call = "FROM tollgate.read_audit_log(to_time => '2024-01-01T05:00:00Z')"
      #expect(try workplace.administrator.integer(Statement("SELECT count(*) \(call)")) == 10)
      let blocks = try workplace.administrator.text(
        Statement("EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) SELECT * \(call)"))
      let hits = try #require(blocks?.firstMatch(of: /"Shared Hit Blocks": (\d+)/).flatMap { Int($0.output.1) })
      let reads = try #require(blocks?.firstMatch(of: /"Shared Read Blocks": (\d+)/).flatMap { Int($0.output.1) })
      #expect(hits + reads < 200, "of a log of 35,000 rows")
    }
  }
}
