CREATE OR REPLACE FUNCTION tollgate.evict_entries(
  cache tollgate.caches,
  organization_id uuid,
  kept_hash bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  surplus CONSTANT bigint := (
    SELECT count(*)
    FROM tollgate.cache_entries AS known
    WHERE known.organization_id = evict_entries.organization_id
      AND known.cache_name = (evict_entries.cache).cache_name
      AND known.value IS NOT NULL
  ) - (evict_entries.cache).maximum_entries;
BEGIN
  IF surplus <= 0 THEN
    RETURN;
  END IF;
  -- Once: in a join they might be looked for again and again, and more would leave.
  WITH leaving AS MATERIALIZED (
    SELECT used.key_hash
    FROM tollgate.cache_entries AS used
    WHERE used.organization_id = evict_entries.organization_id
      AND used.cache_name = (evict_entries.cache).cache_name
      AND used.value IS NOT NULL
      AND used.key_hash <> evict_entries.kept_hash
    -- What has ended is of no use to anybody.
    ORDER BY used.ends_at > tollgate.moment(), used.last_used_at, used.key_hash
    LIMIT surplus
    -- What is being used at this moment is not the least recently used.
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM tollgate.cache_entries AS known
  USING leaving
  WHERE known.organization_id = evict_entries.organization_id
    AND known.cache_name = (evict_entries.cache).cache_name
    AND known.key_hash = leaving.key_hash;
END
$$;
COMMENT ON FUNCTION tollgate.evict_entries(tollgate.caches, uuid, bytea) IS
  'Deletes values of a cache beyond its maximum, those that have ended first and then the least recently used, but never the one with kept_hash. Exact for who stores one at a time, as tollgate.store_in_cache and tollgate.set_cache do.';
REVOKE ALL ON FUNCTION tollgate.evict_entries(tollgate.caches, uuid, bytea) FROM PUBLIC;
