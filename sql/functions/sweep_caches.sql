CREATE OR REPLACE FUNCTION tollgate.sweep_caches(batch_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  swept integer;
BEGIN
  PERFORM tollgate.admit_organizations(tollgate.find_ended_entries(batch_limit));
  WITH ended AS MATERIALIZED (
    SELECT ended.organization_id, ended.cache_name, ended.key_hash
    FROM tollgate.cache_entries AS ended
    WHERE ended.ends_at <= tollgate.moment()
    ORDER BY ended.ends_at
    LIMIT batch_limit
    -- Somebody makes a new entry of it.
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM tollgate.cache_entries AS known
  USING ended
  WHERE known.organization_id = ended.organization_id
    AND known.cache_name = ended.cache_name
    AND known.key_hash = ended.key_hash;
  GET DIAGNOSTICS swept = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN swept;
END
$$;
COMMENT ON FUNCTION tollgate.sweep_caches(integer) IS
  'Deletes at most batch_limit entries of decision caches that have ended, of any organizations, and returns how many. Any number may sweep at once.';
REVOKE ALL ON FUNCTION tollgate.sweep_caches(integer) FROM PUBLIC;
