CREATE OR REPLACE FUNCTION tollgate.revoke_key(key_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_keys(ARRAY[revoke_key.key_id]);
  UPDATE tollgate.api_keys AS known
  SET revoked_at = coalesce(known.revoked_at, tollgate.moment())
  WHERE known.key_id = revoke_key.key_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_keys('{}');
END
$$;
COMMENT ON FUNCTION tollgate.revoke_key(uuid) IS
  'Ends an API key for good; twice is once. Servers that remember it refuse it within 5 seconds. Raises TG404 for an unknown key.';
REVOKE ALL ON FUNCTION tollgate.revoke_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.revoke_key(uuid) TO service_role, tollgate_server;
