CREATE OR REPLACE FUNCTION tollgate.create_user(
  organization_id uuid,
  email text DEFAULT NULL,
  id uuid DEFAULT gen_random_uuid()
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[create_user.organization_id]);
  -- No key can say that a user is in one organization only, because keys begin with organization_id.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user'::text, create_user.id), 0));
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Users are made in transactions that see what others commit.'
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
  END IF;
  PERFORM set_config('tollgate.user_id', create_user.id::text, true);
  IF EXISTS (SELECT FROM public.user_profiles AS known WHERE known.id = create_user.id) THEN
    RAISE EXCEPTION 'This user belongs to an organization already.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM set_config('tollgate.user_id', '', true);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = create_user.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  INSERT INTO public.user_profiles (id, organization_id, email)
  VALUES (create_user.id, create_user.organization_id, create_user.email);
  PERFORM tollgate.admit_organizations('{}');
  RETURN create_user.id;
END
$$;
COMMENT ON FUNCTION tollgate.create_user(uuid, text, uuid) IS
  'Makes a user a member of an organization, and returns the user''s id. Raises TG404 for an unknown organization, TG409 for a user who has one.';
REVOKE ALL ON FUNCTION tollgate.create_user(uuid, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.create_user(uuid, text, uuid) TO service_role, tollgate_server;
