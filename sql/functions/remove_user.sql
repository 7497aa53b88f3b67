CREATE OR REPLACE FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[remove_user.organization_id]);
  DELETE FROM public.user_profiles AS profile
  WHERE profile.organization_id = remove_user.organization_id AND profile.id = remove_user.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such user of this organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.remove_user(uuid, uuid) IS
  'Ends somebody''s membership of an organization, from the next request on. What they spent stays in the ledger under their id. Raises TG404 for somebody who is no user of this organization.';
REVOKE ALL ON FUNCTION tollgate.remove_user(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_user(uuid, uuid) TO service_role, tollgate_server;
