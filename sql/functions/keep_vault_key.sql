CREATE OR REPLACE FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept bytea;
BEGIN
  INSERT INTO tollgate.vault_keys (key_id, sealed)
  VALUES (keep_vault_key.key_id, keep_vault_key.sealed)
  ON CONFLICT ON CONSTRAINT "a vault key's id has one row" DO NOTHING;
  SELECT known.sealed
  INTO STRICT kept
  FROM tollgate.vault_keys AS known
  WHERE known.key_id = keep_vault_key.key_id;
  RETURN kept;
END
$$;
COMMENT ON FUNCTION tollgate.keep_vault_key(text, bytea) IS
  'Keeps a known value sealed under a vault key, unless one is kept under that id, and returns the one that is kept.';
REVOKE ALL ON FUNCTION tollgate.keep_vault_key(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.keep_vault_key(text, bytea) TO tollgate_server;
