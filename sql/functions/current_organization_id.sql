CREATE OR REPLACE FUNCTION tollgate.current_organization_id() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.organization_of(tollgate.current_user_id());
END
$$;
COMMENT ON FUNCTION tollgate.current_organization_id() IS
  'The organization of the user in the request''s claims, by user_profiles and never by a claim; NULL for nobody.';
REVOKE ALL ON FUNCTION tollgate.current_organization_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.current_organization_id() TO authenticated, service_role;
