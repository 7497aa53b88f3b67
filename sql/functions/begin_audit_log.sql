CREATE OR REPLACE FUNCTION tollgate.begin_audit_log() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  recorder record;
  has_begun boolean;
BEGIN
  -- Policies show the owner one organization at a time, and no record at all.
  ALTER TABLE tollgate.audit_log NO FORCE ROW LEVEL SECURITY;
  has_begun := EXISTS (SELECT FROM tollgate.audit_log);
  FOR recorder IN
    SELECT recording.tgrelid::regclass AS relation, relation.relforcerowsecurity AS is_forced,
      string_to_array(encode(recording.tgargs, 'escape'), '\000') AS arguments
    FROM pg_trigger AS recording
      JOIN pg_class AS relation ON relation.oid = recording.tgrelid
    WHERE recording.tgfoid = 'tollgate.record_row'::regproc
      -- Bit 2: it fires when a row is inserted. What spending makes is recorded when somebody decides about it.
      AND (recording.tgtype & 4) <> 0
      AND NOT has_begun
    ORDER BY relation.relname
  LOOP
    IF recorder.is_forced THEN
      EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', recorder.relation);
    END IF;
    EXECUTE format($insert$
      INSERT INTO tollgate.audit_log
        (organization_id, id, actor_kind, actor_id, hint, database_role, change, subject, after)
      SELECT coalesce((there.columns ->> %L)::uuid, '00000000-0000-0000-0000-000000000000'), tollgate.time_ordered_id(),
        'database', session_user, 'tollgate migrate up', session_user, $1, tollgate.recorded_subject(there.columns, $2),
        tollgate.recorded_columns(there.columns, $3)
      FROM %s AS known
        CROSS JOIN LATERAL (SELECT to_jsonb(known) AS columns) AS there
    $insert$, CASE WHEN recorder.relation = 'public.organizations'::regclass THEN 'id' ELSE 'organization_id' END,
      recorder.relation)
    USING recorder.arguments[1] || '.create', string_to_array(recorder.arguments[2], ' '),
      string_to_array(recorder.arguments[3], ' ');
    IF recorder.is_forced THEN
      EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', recorder.relation);
    END IF;
  END LOOP;
  ALTER TABLE tollgate.audit_log FORCE ROW LEVEL SECURITY;
END
$$;
COMMENT ON FUNCTION tollgate.begin_audit_log() IS
  'Records as made what administrators decide and is there when the log begins, so that a row without a record is one that somebody hid. For `tollgate migrate up`, in the transaction that makes the triggers; does nothing once there is a record.';
REVOKE ALL ON FUNCTION tollgate.begin_audit_log() FROM PUBLIC;
