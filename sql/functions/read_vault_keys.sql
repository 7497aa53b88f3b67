CREATE OR REPLACE FUNCTION tollgate.read_vault_keys() RETURNS TABLE (
  key_id text,
  sealed bytea
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known.key_id, known.sealed
  FROM tollgate.vault_keys AS known
  ORDER BY known.key_id
$$;
COMMENT ON FUNCTION tollgate.read_vault_keys() IS
  'The known values that were sealed under each vault key, by its id.';
REVOKE ALL ON FUNCTION tollgate.read_vault_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_vault_keys() TO tollgate_server;
