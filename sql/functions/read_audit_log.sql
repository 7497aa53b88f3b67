-- Runs as tollgate_reporter, whose policies admit it to the records of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_audit_log(
  organization_id uuid DEFAULT NULL,
  change text DEFAULT NULL,
  actor_id text DEFAULT NULL,
  from_time timestamptz DEFAULT NULL,
  to_time timestamptz DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  id uuid,
  organization_id_of_change uuid,
  actor_kind text,
  actor_id_of_change text,
  hint text,
  database_role text,
  change_made text,
  subject text,
  before jsonb,
  after jsonb,
  request_id text,
  created_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- What is not asked for is no condition then, and an index serves the rest.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT record.id, nullif(record.organization_id, '00000000-0000-0000-0000-000000000000'), record.actor_kind,
    record.actor_id, record.hint, record.database_role, record.change, record.subject, record.before, record.after,
    record.request_id, record.created_at
  FROM tollgate.audit_log AS record
  WHERE (read_audit_log.organization_id IS NULL OR record.organization_id = read_audit_log.organization_id)
    AND (read_audit_log.change IS NULL OR record.change = read_audit_log.change)
    AND (read_audit_log.actor_id IS NULL OR record.actor_id = read_audit_log.actor_id)
    AND (before_id IS NULL OR record.id < before_id)
    -- An id is made in the moment that is created_at, by the same clock, which may be set in between.
    AND (from_time IS NULL
      OR record.created_at >= from_time AND record.id >= tollgate.first_id_at(from_time - interval '1 minute'))
    AND (to_time IS NULL
      OR record.created_at < to_time AND record.id < tollgate.first_id_at(to_time + interval '1 minute'))
  ORDER BY record.id DESC
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.read_audit_log(uuid, text, text, timestamptz, timestamptz, uuid, integer) IS
  'A page of the audit log, the newest first: of an organization, of a kind of change, by an actor, from a time on and before another; those with ids before before_id. organization_id_of_change is NULL for the catalogue and the service.';
REVOKE ALL ON FUNCTION tollgate.read_audit_log(uuid, text, text, timestamptz, timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_audit_log(uuid, text, text, timestamptz, timestamptz, uuid, integer) TO service_role, tollgate_server;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
