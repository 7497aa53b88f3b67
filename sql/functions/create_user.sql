CREATE OR REPLACE FUNCTION tollgate.create_user(
  organization_id uuid,
  email text DEFAULT NULL,
  id uuid DEFAULT gen_random_uuid()
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.make_user(create_user.organization_id, create_user.email, create_user.id, 'member');
  RETURN create_user.id;
END
$$;
COMMENT ON FUNCTION tollgate.create_user(uuid, text, uuid) IS
  'Makes a user a member of an organization, and returns the user''s id. Raises TG400 for an email without a visible character, TG404 for an unknown organization, TG409 for a user who has one.';
REVOKE ALL ON FUNCTION tollgate.create_user(uuid, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.create_user(uuid, text, uuid) TO service_role, tollgate_server;
