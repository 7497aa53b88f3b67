extension PlantedViolation {
  private static let check = "27_changes_are_recorded"
  private static let recorder = #""what administrators change is recorded""#

  static let administration = [
    PlantedViolation(
      check, "an organization was suspended while nothing recorded it",
      """
      ALTER TABLE public.organizations DISABLE TRIGGER \(recorder);
      UPDATE public.organizations SET status = 'suspended';
      ALTER TABLE public.organizations ENABLE TRIGGER \(recorder)
      """),
    PlantedViolation(
      check, "a key is gone, and nobody has deleted it",
      """
      ALTER TABLE tollgate.api_keys DISABLE TRIGGER \(recorder);
      DELETE FROM tollgate.api_keys WHERE name = 'Second';
      ALTER TABLE tollgate.api_keys ENABLE TRIGGER \(recorder)
      """),
    PlantedViolation(
      check, "the log says of a cache what it is not",
      """
      INSERT INTO tollgate.audit_log
        (organization_id, id, actor_kind, database_role, change, subject, after)
      VALUES ('00000000-0000-4000-8000-000000000001', tollgate.time_ordered_id(), 'service', 'tollgate_server',
        'cache.update', 'prices', '{"ttlSeconds": 5}')
      """),
    PlantedViolation(
      check, "changes of prices are not recorded any more",
      "ALTER TABLE tollgate.features DISABLE TRIGGER \(recorder)"),
    PlantedViolation(
      check, "changes of plans are recorded on replicas alone",
      "ALTER TABLE tollgate.plan_allocations ENABLE REPLICA TRIGGER \(recorder)"),
    PlantedViolation(
      "12_logs_are_append_only", "the service role may change what the audit log says",
      "GRANT UPDATE ON tollgate.audit_log TO service_role"),
  ]
}
