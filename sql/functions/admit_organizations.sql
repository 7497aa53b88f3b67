CREATE OR REPLACE FUNCTION tollgate.admit_organizations(organization_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT set_config('tollgate.organizations', coalesce(array_agg(DISTINCT organization_id)::text, ''), true)
  FROM unnest(organization_ids) AS organization_id
  WHERE organization_id IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.admit_organizations(uuid[]) IS
  'Admits the running function to exactly these organizations, until the transaction ends or the function admits none. Every function that touches tenant tables calls it first, so that nothing is inherited from a caller; an exception takes it back.';
REVOKE ALL ON FUNCTION tollgate.admit_organizations(uuid[]) FROM PUBLIC;
