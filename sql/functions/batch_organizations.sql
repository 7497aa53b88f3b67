CREATE OR REPLACE FUNCTION tollgate.batch_organizations() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT nullif(pg_catalog.current_setting('tollgate.organizations', true), '')::uuid[]
$$;
COMMENT ON FUNCTION tollgate.batch_organizations() IS
  'The organizations that the running function works for; NULL outside of one. The owner''s policies admit exactly these.';
REVOKE ALL ON FUNCTION tollgate.batch_organizations() FROM PUBLIC;
