CREATE OR REPLACE FUNCTION tollgate.resume_organization(organization_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.set_organization_status(organization_id, 'active', 'organization_resumed', '{}');
END
$$;
COMMENT ON FUNCTION tollgate.resume_organization(uuid) IS
  'Lets a suspended organization spend what it has left. Returns whether it was suspended before. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.resume_organization(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.resume_organization(uuid) TO service_role, tollgate_server;
