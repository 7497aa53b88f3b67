CREATE OR REPLACE FUNCTION tollgate.find_keys(key_ids uuid[]) RETURNS TABLE (
  key_id uuid,
  organization_id uuid,
  digest bytea,
  scopes text[],
  milliseconds_left bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  PERFORM tollgate.admit_keys(key_ids);
  RETURN QUERY
  SELECT
    known.key_id,
    nullif(known.organization_id, tollgate.owner_of_key(NULL)),
    known.digest,
    known.scopes,
    floor(extract(epoch FROM least(known.expires_at, known.grace_ends_at) - moment) * 1000)::bigint
  FROM tollgate.api_keys AS known
  WHERE known.key_id = ANY (key_ids)
    AND known.revoked_at IS NULL
    AND (least(known.expires_at, known.grace_ends_at) > moment) IS NOT FALSE;
  PERFORM tollgate.admit_keys('{}');
END
$$;
COMMENT ON FUNCTION tollgate.find_keys(uuid[]) IS
  'What the server needs to verify API keys, of those that are valid now: digest, organization (NULL: the service), scopes, and for how many milliseconds more (NULL: no end). A key without a row is unknown, revoked, expired or replaced: which of them, nobody is told.';
REVOKE ALL ON FUNCTION tollgate.find_keys(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_keys(uuid[]) TO tollgate_server;
