CREATE OR REPLACE FUNCTION tollgate.rotate_key(
  key_id uuid,
  successor_id uuid,
  successor_digest bytea,
  grace_seconds integer DEFAULT 86400,
  created_by uuid DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  replaced tollgate.api_keys;
BEGIN
  IF (grace_seconds BETWEEN 0 AND 2592000 AND successor_id <> rotate_key.key_id
      AND octet_length(successor_digest) = 32) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A grace is 0 to 2592000 seconds, and a successor is another key with a digest of 32 bytes.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_keys(ARRAY[rotate_key.key_id, successor_id]);
  SELECT known.*
  INTO replaced
  FROM tollgate.api_keys AS known
  WHERE known.key_id = rotate_key.key_id
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  IF replaced.revoked_at IS NOT NULL OR replaced.replaced_by IS NOT NULL OR replaced.expires_at <= moment THEN
    RAISE EXCEPTION 'The key is revoked, replaced or expired.' USING ERRCODE = 'TG409';
  END IF;
  INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes, created_at, created_by, expires_at)
  VALUES (replaced.organization_id, successor_id, successor_digest, replaced.name, replaced.scopes, moment,
    rotate_key.created_by, replaced.expires_at);
  UPDATE tollgate.api_keys AS known
  SET replaced_by = successor_id,
    grace_ends_at = moment + make_interval(secs => grace_seconds)
  WHERE known.organization_id = replaced.organization_id AND known.key_id = replaced.key_id;
  PERFORM tollgate.admit_keys('{}');
END
$$;
COMMENT ON FUNCTION tollgate.rotate_key(uuid, uuid, bytea, integer, uuid) IS
  'Gives an API key a successor with the same name, scopes and end, and lets the old one be valid for so many seconds more: 0 to 30 days. Raises TG400 for an argument out of range, TG404 for an unknown key, TG409 for one that is revoked, replaced or expired.';
REVOKE ALL ON FUNCTION tollgate.rotate_key(uuid, uuid, bytea, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.rotate_key(uuid, uuid, bytea, integer, uuid) TO service_role, tollgate_server;
