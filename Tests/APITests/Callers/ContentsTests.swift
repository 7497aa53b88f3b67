import Testbed
import Testing

/// That the matrix of callers would see a change.
@Suite("What is seen of changes")
struct ContentsTests {
  @Test("a change of any table is seen, also of one that was added, and of another tenant only where it is asked for")
  func changes() async throws {
    try await ServedDatabase.with { served in
      let (tenant, other) = (try await served.makeTenant(), try await served.makeTenant())
      try await served.script(
        """
        CREATE TABLE tollgate.added (value integer);
        CREATE TABLE public.added_too (organization_id uuid, value integer);
        """)
      let (all, own) = (try await Contents(of: served), try await Contents(of: served, about: tenant))
      let alert = """
        INSERT INTO tollgate.alerts (organization_id, alert_id, condition, threshold)
        VALUES ('\(other.organizationID)', gen_random_uuid(), 'available_below', 1)
        """
      for (statement, table, isOfOther) in [
        ("INSERT INTO tollgate.added VALUES (1)", "tollgate.added", false),
        ("UPDATE tollgate.added SET value = 2", "tollgate.added", false),
        ("INSERT INTO public.added_too VALUES ('\(other.organizationID)', 1)", "public.added_too", true),
        ("INSERT INTO public.added_too VALUES ('\(tenant.organizationID)', 1)", "public.added_too", false),
        ("UPDATE tollgate.plans SET title = 'Other' WHERE plan = 'pro'", "tollgate.plans", false),
        (
          "UPDATE public.organizations SET name = 'Other' WHERE id = '\(tenant.organizationID)'",
          "public.organizations", false
        ),
        (alert, "tollgate.alerts", true), ("DELETE FROM tollgate.alerts", "tollgate.alerts", true),
      ] {
        let (before, ownBefore) = (try await all.digests(), try await own.digests())
        #expect(before.count > 55)
        try await served.script(statement)
        // What administrators change by hand is recorded: of no organization, or of the changed one.
        let changed = try await all.changes(since: before).filter { $0 != "tollgate.audit_log" }
        let ownChanged = try await own.changes(since: ownBefore).filter { $0 != "tollgate.audit_log" }
        #expect(changed == [table], "\(statement)")
        #expect(ownChanged == (isOfOther ? [] : [table]), "\(statement)")
      }
    }
  }
}
