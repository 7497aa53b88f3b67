CREATE OR REPLACE FUNCTION tollgate.admit_keys(key_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT set_config('tollgate.keys', coalesce(array_agg(DISTINCT key_id)::text, ''), true)
  FROM unnest(key_ids) AS key_id
  WHERE key_id IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.admit_keys(uuid[]) IS
  'Admits the running function to exactly these API keys, whosever they are, until the transaction ends or the function admits none: as tollgate.admit_organizations(), for functions that know a key before its organization.';
REVOKE ALL ON FUNCTION tollgate.admit_keys(uuid[]) FROM PUBLIC;
