CREATE OR REPLACE FUNCTION tollgate.create_organization(
  name text,
  plan text,
  time_zone text DEFAULT 'UTC',
  id uuid DEFAULT gen_random_uuid()
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF create_organization.name !~ '[^[:space:][:cntrl:]]' THEN
    RAISE EXCEPTION 'A name has a visible character.' USING ERRCODE = 'TG400';
  END IF;
  -- The view reads the file of each zone there is: 70 ms, where all else here takes 4.
  IF create_organization.time_zone IS DISTINCT FROM 'UTC'
    AND NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = create_organization.time_zone)
  THEN
    RAISE EXCEPTION 'There is no such time zone.' USING ERRCODE = 'TG400', HINT = 'Give an IANA name, as Europe/Berlin.';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = create_organization.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG400', HINT = 'See tollgate.plans.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[create_organization.id]);
  INSERT INTO public.organizations (id, name, plan, time_zone)
  VALUES (create_organization.id, create_organization.name, create_organization.plan, create_organization.time_zone);
  PERFORM tollgate.grant_missing_balances(ARRAY[create_organization.id]);
  PERFORM tollgate.admit_organizations('{}');
  RETURN create_organization.id;
END
$$;
COMMENT ON FUNCTION tollgate.create_organization(text, text, text, uuid) IS
  'Makes an organization with the balances of its plan, and returns its id. Raises TG400 for a name without a visible character, an unknown plan or an unknown time zone.';
REVOKE ALL ON FUNCTION tollgate.create_organization(text, text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.create_organization(text, text, text, uuid) TO service_role, tollgate_server;
