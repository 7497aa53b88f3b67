CREATE OR REPLACE FUNCTION tollgate.record_change(
  organization_id uuid,
  change text,
  subject text,
  before jsonb,
  after jsonb,
  stated_actor jsonb DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Who changes rows by hand may have set that a policy is an error.
SET row_security = on
AS $$
DECLARE
  owner CONSTANT uuid := coalesce(record_change.organization_id, '00000000-0000-0000-0000-000000000000');
  actor CONSTANT jsonb := tollgate.present_actor(stated_actor);
  -- The function that makes the change is in the middle of its work.
  admitted CONSTANT text := coalesce(current_setting('tollgate.organizations', true), '');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  INSERT INTO tollgate.audit_log
    (organization_id, id, actor_kind, actor_id, hint, database_role, change, subject, before, after, request_id,
     created_at)
  VALUES (owner, tollgate.time_ordered_id(), actor ->> 'kind', actor ->> 'id', actor ->> 'hint', session_user,
    record_change.change, record_change.subject, record_change.before, record_change.after, actor ->> 'requestId',
    -- As in the id: a transaction may have begun long before.
    tollgate.moment() + (clock_timestamp() - now()));
  PERFORM set_config('tollgate.organizations', admitted, true);
END
$$;
COMMENT ON FUNCTION tollgate.record_change(uuid, text, text, jsonb, jsonb, jsonb) IS
  'Adds a change to the audit log, in the transaction that makes it: of an organization, or with NULL of the catalogue. For Tollgate''s own functions, which call it where they change what administrators decide; nobody else may. change is a noun and a verb as key.create, subject an id or name; before and after are objects without secrets, NULL for what is not there. Who did it is tollgate.present_actor(stated_actor).';
REVOKE ALL ON FUNCTION tollgate.record_change(uuid, text, text, jsonb, jsonb, jsonb) FROM PUBLIC;
