CREATE OR REPLACE FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF set_user_role.role IN ('viewer', 'member') IS NOT TRUE THEN
    RAISE EXCEPTION 'A user is a viewer or a member.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[set_user_role.organization_id]);
  UPDATE public.user_profiles AS profile
  SET role = set_user_role.role, updated_at = tollgate.moment()
  WHERE profile.organization_id = set_user_role.organization_id AND profile.id = set_user_role.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such user of this organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.set_user_role(uuid, uuid, text) IS
  'Decides what a user may do in its organization, from the next request on: see viewer and member of user_profiles.role. Raises TG400 for an unknown role, TG404 for somebody who is no user of this organization.';
REVOKE ALL ON FUNCTION tollgate.set_user_role(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_user_role(uuid, uuid, text) TO service_role, tollgate_server;
