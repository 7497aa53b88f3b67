import Postgres
import Testbed
import Testing
import Tokens

/// What a member who may run any SQL could try, besides asking.
@Suite("Ways around the policies")
struct WaysAroundTests {
  private static let insufficientPrivilege = "42501"

  /// The tables of tenants, but partitions, each with the columns that may be written.
  private static func tables(_ workplace: inout Workplace) throws -> [(name: String, columns: String)] {
    let rows = try workplace.administrator.query(
      """
      SELECT class.oid::regclass::text, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
      FROM pg_class AS class
        JOIN pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      WHERE relkind IN ('r', 'p') AND NOT relispartition AND relrowsecurity AND relowner = 'tollgate_owner'::regrole
      GROUP BY class.oid
      """)
    #expect(rows.count > 13)
    return try (0..<rows.count).map { (try rows.string($0, 0), try rows.string($0, 1)) }
  }

  @Test("writing, returning, conflicting, copying, locking and referring are refused before any row is looked at")
  func statements() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let tables = try Self.tables(&workplace)
      try workplace.administrator.become(user: tenants.mine.member)
      for (table, columns) in tables {
        let insertion = "INSERT INTO \(table) (\(columns)) OVERRIDING SYSTEM VALUE SELECT \(columns) FROM"
        for statement in [
          "INSERT INTO \(table) DEFAULT VALUES RETURNING *", "\(insertion) \(table) ON CONFLICT DO NOTHING RETURNING *",
          "\(insertion) jsonb_populate_record(NULL::\(table), '{}') ON CONFLICT DO NOTHING",
          "WITH gone AS (DELETE FROM \(table) RETURNING *) SELECT * FROM gone",
          "MERGE INTO \(table) AS kept USING (SELECT 1) AS one ON false WHEN MATCHED THEN DELETE",
          "TRUNCATE \(table)", "DO $$ BEGIN LOCK TABLE \(table) IN ROW EXCLUSIVE MODE; END $$",
          "DO $$ BEGIN LOCK TABLE \(table) IN SHARE MODE; END $$",
          "DO $$ BEGIN LOCK TABLE \(table); END $$", "SELECT * FROM \(table) FOR KEY SHARE",
          "ALTER TABLE \(table) DISABLE ROW LEVEL SECURITY",
          "ALTER TABLE \(table) OWNER TO CURRENT_USER", "CREATE POLICY mine ON \(table) USING (true)",
          "CREATE RULE mine AS ON SELECT TO \(table) DO INSTEAD NOTHING", "CREATE INDEX ON \(table) ((1 / 0))",
          "CREATE TRIGGER mine AFTER INSERT ON \(table) EXECUTE FUNCTION suppress_redundant_updates_trigger()",
          "COPY \(table) TO PROGRAM 'cat'",
          "COMMENT ON TABLE \(table) IS 'mine'", "VACUUM FULL \(table)",
        ] {
          let refusal = try workplace.administrator.refusal(Statement(statement))
          if statement.hasPrefix("VACUUM") {
            // A warning, and nothing done.
            #expect(refusal == nil, "\(statement)")
          } else {
            #expect(refusal == Self.insufficientPrivilege, "\(statement)")
          }
        }
        // Asked not to filter, reading is refused, whatever is there.
        try workplace.administrator.script("SET row_security = off")
        #expect(
          try workplace.administrator.refusal(Statement("SELECT * FROM \(table)")) == Self.insufficientPrivilege)
        try workplace.administrator.script("RESET row_security")
      }
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("a function that is cheap and tells what it was given is given no row of another tenant")
  func leakyFunction() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let relations = try Relation.all(&workplace.administrator).filter {
        !Relation.system.contains($0.name) && !$0.isPartition
      }
      let readable = try relations.filter { !Relation.catalogue.contains($0.name) }
        .map { (name: $0.name, columns: try $0.columns(for: "authenticated", &workplace.administrator)) }
        .filter { !$0.columns.isEmpty }
      #expect(readable.count > 18)
      try workplace.administrator.become(user: tenants.mine.member)
      try workplace.administrator.script(
        """
        CREATE TEMPORARY TABLE told (what text);
        CREATE FUNCTION pg_temp.tell(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
        BEGIN
          INSERT INTO pg_temp.told VALUES (what);
          RETURN true;
        END
        $$;
        """)
      for relation in readable {
        try workplace.administrator.script("TRUNCATE pg_temp.told")
        _ = try workplace.administrator.query(
          Statement(
            """
            SELECT count(*) FROM (SELECT \(relation.columns) FROM \(relation.name)) AS seen
            WHERE pg_temp.tell(seen::text)
            """))
        let told = try workplace.administrator.lines("SELECT what FROM pg_temp.told")
        #expect(!told.isEmpty, "\(relation.name)")
        #expect(try !told.contains { $0.contains(try Regex(tenants.othersMarks)) }, "\(relation.name)")
      }
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("what a member makes in pg_temp is not taken for what it is named after")
  func shadows() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let (mine, other) = (tenants.mine, tenants.other)
      try workplace.administrator.become(user: mine.member)
      try workplace.administrator.script(
        """
        CREATE TEMPORARY TABLE user_profiles AS SELECT '\(mine.member)'::uuid AS id, '\(other.id)'::uuid AS organization_id;
        CREATE TEMPORARY TABLE organizations AS SELECT '\(other.id)'::uuid AS id, 'active'::text AS status;
        CREATE TEMPORARY TABLE ai_tokens AS SELECT '\(other.id)'::uuid AS organization_id, 1000000::bigint AS balance;
        CREATE TEMPORARY TABLE features AS SELECT 'generate_goal'::text AS feature, 0::bigint AS cost;
        CREATE DOMAIN pg_temp.text AS pg_catalog.text;
        CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid DEFAULT '\(other.id)';
        CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT ''{\(other.id)}''::text';
        CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT timestamptz ''2100-01-01''';
        SET search_path = pg_temp, tollgate, public, pg_catalog;
        """)
      #expect(
        try workplace.administrator.lines("SELECT DISTINCT organization_id FROM public.ai_tokens") == ["\(mine.id)"])
      #expect(
        try workplace.administrator.lines("SELECT DISTINCT organization_id FROM tollgate.ledger") == ["\(mine.id)"])
      #expect(
        try workplace.administrator.lines("SELECT tollgate.current_organization_id()") == ["\(mine.id)"])
      let deduct = Statement("SELECT cost FROM tollgate.deduct($1::pg_catalog.uuid, NULL, 'generate_goal')")
      #expect(try workplace.administrator.refusal(deduct, [other.parameter]) == "TG403")
      #expect(try workplace.administrator.text(deduct, [.null]) == "3")
      try workplace.administrator.script("RESET ROLE; RESET search_path; DISCARD TEMP")
    }
  }

  @Test("a session that another request had before shows nothing of it once its claims are set anew or emptied")
  func pooled() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let organizations: Statement = "SELECT DISTINCT organization_id FROM public.ai_tokens"
      // One prepared statement, run for one user after the other, as poolers do.
      let prepared = Statement.named("SELECT DISTINCT organization_id FROM tollgate.ledger")
      for tenant in [tenants.mine, tenants.other, tenants.mine] {
        try workplace.administrator.script("BEGIN; SET LOCAL ROLE authenticated")
        _ = try workplace.administrator.query(
          "SELECT set_config('request.jwt.claims', $1, true)", [.text(#"{"sub": "\#(tenant.member)"}"#)])
        #expect(try workplace.administrator.lines(organizations) == ["\(tenant.id)"])
        #expect(try workplace.administrator.lines(prepared) == ["\(tenant.id)"])
        _ = try workplace.administrator.query("SELECT tollgate.deduct(NULL, NULL, 'generate_goal')")
        try workplace.administrator.script("COMMIT; BEGIN; SET LOCAL ROLE authenticated")
        #expect(try workplace.administrator.lines(organizations) == [])
        #expect(try workplace.administrator.lines(prepared) == [])
        try workplace.administrator.script("COMMIT")
      }
    }
  }
}
