CREATE OR REPLACE FUNCTION tollgate.make_user(organization_id uuid, email text, id uuid, role text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF role IN ('viewer', 'member') IS NOT TRUE THEN
    RAISE EXCEPTION 'A user is a viewer or a member.' USING ERRCODE = 'TG400';
  END IF;
  IF email !~ '[^[:space:][:cntrl:]]' THEN
    RAISE EXCEPTION 'An email has a visible character.' USING ERRCODE = 'TG400', HINT = 'Leave it out.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[make_user.organization_id]);
  -- No key can say that a user is in one organization only, because keys begin with organization_id.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user'::text, make_user.id), 0));
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Users are made in transactions that see what others commit.'
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
  END IF;
  PERFORM set_config('tollgate.user_id', make_user.id::text, true);
  IF EXISTS (SELECT FROM public.user_profiles AS known WHERE known.id = make_user.id) THEN
    RAISE EXCEPTION 'This user belongs to an organization already.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM set_config('tollgate.user_id', '', true);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = make_user.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  INSERT INTO public.user_profiles (id, organization_id, email, role)
  VALUES (make_user.id, make_user.organization_id, make_user.email, make_user.role);
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.make_user(uuid, text, uuid, text) IS
  'Makes a user a member of an organization, with a role. For tollgate.create_user() and tollgate.add_user(), which say what it raises.';
REVOKE ALL ON FUNCTION tollgate.make_user(uuid, text, uuid, text) FROM PUBLIC;
