import Postgres
import Testbed
import Testing

@testable import Schema

@Suite("The beginning of the audit log")
struct AuditLogBeginningTests {
  private static let recorded = """
    SELECT string_agg(concat_ws(' ', change, subject, actor_kind, actor_id = session_user, hint), ', ' ORDER BY number)
    FROM tollgate.audit_log
    WHERE organization_id = '00000000-0000-4000-8000-00000000000a'
    """

  @Test("what is there when the log begins is recorded as made by the migration, once")
  func upgrade() async throws {
    try await TestDatabase.with { database in
      let before = SchemaFiles(EmbeddedSchema.migrations.prefix(12).map { ($0.path, $0.text) })
      _ = try Migrator(settings: database.settings, files: before).up()
      try database.script(
        """
        INSERT INTO public.organizations (id, name, plan) VALUES ('00000000-0000-4000-8000-00000000000a', 'Old', 'pro');
        INSERT INTO public.user_profiles (organization_id, id, role)
        VALUES ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 'viewer');
        """)
      _ = try Migrator(settings: database.settings).up()
      let expected = """
        organization.create 00000000-0000-4000-8000-00000000000a database t tollgate migrate up, \
        user.create 00000000-0000-4000-8000-00000000000b database t tollgate migrate up
        """
      try #expect(database.text(Self.recorded) == expected)
      try #expect(Auditor(settings: database.settings).run().flatMap(\.violations) == [])
      try #expect(
        database.text(
          "SELECT after ->> 'role' FROM tollgate.audit_log WHERE subject = '00000000-0000-4000-8000-00000000000b'")
          == "viewer")
    }
  }

  @Test("a new database begins with its catalogue in the log, and migrating again hides nothing that was planted")
  func catalogue() async throws {
    try await TestDatabase.withMigrated { database in
      try #expect(
        database.text(
          """
          SELECT count(*) FILTER (WHERE change = 'allocation.create')
            = (SELECT count(*) FROM tollgate.plan_allocations) AND bool_and(change LIKE '%.create')
          FROM tollgate.audit_log
          """) == "t")
      try database.script(
        """
        SET session_replication_role = replica;
        INSERT INTO tollgate.plans (plan, title) VALUES ('planted', 'Planted');
        UPDATE tollgate.schema_objects SET checksum = 'of another text' WHERE path LIKE '%schema_level%';
        """)
      try #expect(!Migrator(settings: database.settings).up().changedObjects.isEmpty)
      try #expect(
        Auditor(settings: database.settings).run().flatMap(\.violations)
          == ["plan planted of 00000000-0000-0000-0000-000000000000 is in no record"])
    }
  }
}
