CREATE OR REPLACE FUNCTION tollgate.require_limit(organization_id uuid, limit_name text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = require_limit.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.limits AS known WHERE known.limit_name = require_limit.limit_name) THEN
    RAISE EXCEPTION 'There is no such limit.' USING ERRCODE = 'TG404', HINT = 'See tollgate.limits.';
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.require_limit(uuid, text) IS
  'Raises TG404 unless an organization that the caller is admitted to and a limit exist.';
REVOKE ALL ON FUNCTION tollgate.require_limit(uuid, text) FROM PUBLIC;
