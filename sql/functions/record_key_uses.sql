CREATE OR REPLACE FUNCTION tollgate.record_key_uses(key_ids uuid[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  recorded integer;
BEGIN
  PERFORM tollgate.admit_keys(key_ids);
  UPDATE tollgate.api_keys AS known
  SET last_used_at = moment
  FROM (
    -- Who has the row locked writes the same, or revokes it.
    SELECT used.organization_id, used.key_id
    FROM tollgate.api_keys AS used
    WHERE used.key_id = ANY (key_ids)
      AND (used.last_used_at > moment - interval '1 minute') IS NOT TRUE
    FOR NO KEY UPDATE SKIP LOCKED
  ) AS used
  WHERE known.organization_id = used.organization_id AND known.key_id = used.key_id;
  GET DIAGNOSTICS recorded = ROW_COUNT;
  PERFORM tollgate.admit_keys('{}');
  RETURN recorded;
END
$$;
COMMENT ON FUNCTION tollgate.record_key_uses(uuid[]) IS
  'Notes that these API keys were used now, of each at most once a minute, and returns of how many it did.';
REVOKE ALL ON FUNCTION tollgate.record_key_uses(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.record_key_uses(uuid[]) TO tollgate_server;
