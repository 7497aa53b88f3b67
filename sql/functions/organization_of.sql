CREATE OR REPLACE FUNCTION tollgate.organization_of(user_id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found uuid;
BEGIN
  PERFORM set_config('tollgate.organizations', '', true);
  PERFORM set_config('tollgate.user_id', organization_of.user_id::text, true);
  SELECT (array_agg(profile.organization_id))[1]
  INTO found
  FROM public.user_profiles AS profile
  WHERE profile.id = organization_of.user_id
  HAVING count(*) = 1;
  PERFORM set_config('tollgate.user_id', '', true);
  RETURN found;
END
$$;
COMMENT ON FUNCTION tollgate.organization_of(uuid) IS
  'The organization a user belongs to; NULL for an unknown user, and for one who is in two organizations.';
REVOKE ALL ON FUNCTION tollgate.organization_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.organization_of(uuid) TO tollgate_server, service_role;
