import Testbed
import Testing

@testable import Schema

@Suite("Verifying")
struct VerifyTests {
  /// A change by hand, and what names it.
  struct Change: Sendable, CustomTestStringConvertible {
    let sql: String
    let drift: Drift

    init(_ sql: String, _ kind: Drift.Kind, _ subject: String) {
      self.sql = sql
      drift = Drift(kind: kind, subject: subject)
    }

    var testDescription: String { drift.line }
  }

  static let changes = [
    Change(
      """
      CREATE OR REPLACE FUNCTION tollgate.schema_level() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS 'SELECT 1000'
      """, .catalogueChanged, "function tollgate.schema_level()"),
    Change(
      "GRANT EXECUTE ON FUNCTION tollgate.ensure_partitions() TO PUBLIC", .catalogueChanged,
      "function tollgate.ensure_partitions()"),
    Change(
      "DROP FUNCTION tollgate.deduct", .catalogueMissing,
      "function tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb)"
    ),
    Change(
      "CREATE FUNCTION tollgate.back_door() RETURNS integer LANGUAGE sql AS 'SELECT 1'", .catalogueAdded,
      "function tollgate.back_door()"),
    Change("ALTER TABLE public.ai_tokens NO FORCE ROW LEVEL SECURITY", .catalogueChanged, "table public.ai_tokens"),
    Change("ALTER TABLE public.ai_tokens OWNER TO CURRENT_USER", .catalogueChanged, "table public.ai_tokens"),
    Change("GRANT UPDATE ON public.ai_tokens TO authenticated", .catalogueChanged, "table public.ai_tokens"),
    Change("ALTER VIEW tollgate.due_resets RESET (security_invoker)", .catalogueChanged, "view tollgate.due_resets"),
    Change("DROP VIEW tollgate.due_resets", .catalogueMissing, "view tollgate.due_resets"),
    Change(
      "ALTER TABLE tollgate.features ALTER cost SET DEFAULT 0", .catalogueChanged,
      "column cost of table tollgate.features"),
    Change(
      "GRANT UPDATE (cost) ON tollgate.features TO authenticated", .catalogueChanged,
      "column cost of table tollgate.features"),
    Change(
      "ALTER TABLE public.ai_tokens DROP CONSTRAINT \"a balance is never below its overdraft\"", .catalogueMissing,
      "constraint \"a balance is never below its overdraft\" of table public.ai_tokens"),
    Change(
      "CREATE INDEX by_plan ON public.organizations (plan)", .catalogueAdded,
      "index public.by_plan of table public.organizations"),
    Change(
      "DROP POLICY \"members view their tokens\" ON public.ai_tokens", .catalogueMissing,
      "policy \"members view their tokens\" of table public.ai_tokens"),
    Change(
      "ALTER POLICY \"members view their tokens\" ON public.ai_tokens USING (true)", .catalogueChanged,
      "policy \"members view their tokens\" of table public.ai_tokens"),
    Change(
      """
      CREATE TRIGGER noisy BEFORE UPDATE ON public.ai_tokens
      FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
      """, .catalogueAdded, "trigger noisy of table public.ai_tokens"),
    Change("GRANT CREATE ON SCHEMA tollgate TO service_role", .catalogueChanged, "schema tollgate"),
  ]

  @Test("a change by hand is named", arguments: changes)
  func change(_ change: Change) async throws {
    try await TestDatabase.withMigrated { database in
      let migrator = Migrator(settings: database.settings)
      try database.script(change.sql)
      try #expect(migrator.verify().contains(change.drift))
      // A start of the server does not make it right, nor forget it.
      try #expect(migrator.up().changedObjects == [])
      try #expect(migrator.verify().contains(change.drift))
    }
  }

  @Test("a hand-edited function alone is all that is named")
  func onlyTheFunction() async throws {
    try await TestDatabase.withMigrated { database in
      try database.script(Self.changes[0].sql)
      try #expect(Migrator(settings: database.settings).verify() == [Self.changes[0].drift])
    }
  }

  @Test("partitions that come and go, and tables of others in public, are no drift")
  func partitions() async throws {
    try await TestDatabase.withMigrated { database in
      try database.script(
        """
        CREATE TABLE tollgate.ledger_entries_2001_01 PARTITION OF tollgate.ledger_entries
          FOR VALUES FROM ('2001-01-01') TO ('2001-02-01');
        CREATE TABLE public.somebody_elses (id integer PRIMARY KEY);
        """)
      try #expect(Migrator(settings: database.settings).verify() == [])
    }
  }
}
