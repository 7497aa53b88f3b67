CREATE OR REPLACE FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was_counted boolean;
  forgotten bigint;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[clear_limit.organization_id]);
  PERFORM tollgate.require_limit(clear_limit.organization_id, clear_limit.limit_name);
  PERFORM tollgate.lock_limits(ARRAY[clear_limit.organization_id]);
  DELETE FROM tollgate.limit_uses AS counted
  WHERE counted.organization_id = clear_limit.organization_id
    AND counted.limit_name = clear_limit.limit_name
    AND counted.subject = clear_limit.subject
  RETURNING counted.used
  INTO forgotten;
  was_counted := FOUND;
  IF was_counted THEN
    PERFORM tollgate.record_change(clear_limit.organization_id, 'limit_use.delete',
      clear_limit.limit_name || '/' || clear_limit.subject, jsonb_build_object('used', forgotten), NULL);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_counted;
END
$$;
COMMENT ON FUNCTION tollgate.clear_limit(uuid, text, uuid) IS
  'Forgets what a limit has counted for a user (or for the organization, by its id): the next charge begins a new window. True where something was counted. Raises TG404 for an unknown organization or limit.';
REVOKE ALL ON FUNCTION tollgate.clear_limit(uuid, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.clear_limit(uuid, text, uuid) TO service_role, tollgate_server;
