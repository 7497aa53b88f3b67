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
      check, "a key of the service with the scope admin is there, and nobody has made it",
      """
      SET LOCAL session_replication_role = replica;
      INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes)
      VALUES ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), sha256('planted'), 'Planted', '{admin}');
      SET LOCAL session_replication_role = origin
      """),
    PlantedViolation(
      check, "a plan's price was changed while nothing recorded it",
      """
      SELECT tollgate.set_plan_price('pro', 4900, 'EUR');
      SET LOCAL session_replication_role = replica;
      UPDATE tollgate.plan_prices SET amount_minor = 0;
      SET LOCAL session_replication_role = origin
      """),
    PlantedViolation(
      check, "a pack's price is in no record",
      """
      SET LOCAL session_replication_role = replica;
      INSERT INTO tollgate.pack_prices (tokens, amount_minor, currency) VALUES (500, 1, 'EUR');
      SET LOCAL session_replication_role = origin
      """),
    PlantedViolation(
      check, "changes of prices of plans are not recorded any more",
      "ALTER TABLE tollgate.plan_prices DISABLE TRIGGER \(recorder)"),
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
