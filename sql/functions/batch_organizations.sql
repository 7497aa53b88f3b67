CREATE OR REPLACE FUNCTION tollgate.batch_organizations() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT nullif(pg_catalog.current_setting('tollgate.organizations', true), '')::uuid[]
$$;
COMMENT ON FUNCTION tollgate.batch_organizations() IS
  'The organizations that the running function works for; NULL outside of one. The owner''s policies admit exactly these, by (… = ANY …) IS TRUE and not by = ANY alone, which would offer the planner an index on the organization where only one on the whole key is good.';
REVOKE ALL ON FUNCTION tollgate.batch_organizations() FROM PUBLIC;
