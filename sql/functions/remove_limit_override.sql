CREATE OR REPLACE FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[remove_limit_override.organization_id]);
  PERFORM tollgate.require_limit(remove_limit_override.organization_id, remove_limit_override.limit_name);
  DELETE FROM tollgate.limit_overrides AS override
  WHERE override.organization_id = remove_limit_override.organization_id
    AND override.limit_name = remove_limit_override.limit_name;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.remove_limit_override(uuid, text) IS
  'Puts an organization under a limit''s own maximum again, from the next charge on. Raises TG404 for an unknown organization or limit.';
REVOKE ALL ON FUNCTION tollgate.remove_limit_override(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_limit_override(uuid, text) TO service_role, tollgate_server;
