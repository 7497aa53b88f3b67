CREATE OR REPLACE FUNCTION tollgate.count_cache_answers(
  organization_ids uuid[],
  cache_names text[],
  hits bigint[],
  fallbacks bigint[],
  waits bigint[]
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(count_cache_answers.organization_ids);
  INSERT INTO tollgate.cache_days AS counted (organization_id, cache_name, day, hits, fallbacks, waits)
  SELECT told.organization_id, told.cache_name, today.day, sum(told.hits), sum(told.fallbacks), sum(told.waits)
  FROM (
    SELECT
      unnest(count_cache_answers.organization_ids) AS organization_id,
      unnest(count_cache_answers.cache_names) AS cache_name,
      unnest(count_cache_answers.hits) AS hits,
      unnest(count_cache_answers.fallbacks) AS fallbacks,
      unnest(count_cache_answers.waits) AS waits
  ) AS told
    CROSS JOIN LATERAL tollgate.local_day(told.organization_id) AS today
  -- Of an organization that is not there no day is known.
  WHERE today.day IS NOT NULL
  GROUP BY told.organization_id, told.cache_name, today.day
  -- In key order, which keeps several servers from deadlocking.
  ORDER BY told.organization_id, told.cache_name, today.day
  ON CONFLICT ON CONSTRAINT "a cache counts a day once" DO UPDATE
  SET hits = counted.hits + excluded.hits,
    fallbacks = counted.fallbacks + excluded.fallbacks,
    waits = counted.waits + excluded.waits;
  -- Caches that only give hits count days, too.
  WITH old AS MATERIALIZED (
    SELECT counted.organization_id, counted.cache_name, counted.day
    FROM (
      SELECT DISTINCT
        unnest(count_cache_answers.organization_ids) AS organization_id,
        unnest(count_cache_answers.cache_names) AS cache_name
    ) AS told
      CROSS JOIN LATERAL tollgate.local_day(told.organization_id) AS today
      JOIN tollgate.cache_days AS counted
        ON counted.organization_id = told.organization_id
        AND counted.cache_name = told.cache_name
        AND counted.day < today.day - 90
    -- Another server deletes them.
    FOR UPDATE OF counted SKIP LOCKED
  )
  DELETE FROM tollgate.cache_days AS counted
  USING old
  WHERE counted.organization_id = old.organization_id
    AND counted.cache_name = old.cache_name
    AND counted.day = old.day;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.count_cache_answers(uuid[], text[], bigint[], bigint[], bigint[]) IS
  'Adds to what caches have counted today: answers with a value, answers with the fallback, and requests that waited. Forgets what they counted more than 90 days ago.';
REVOKE ALL ON FUNCTION tollgate.count_cache_answers(uuid[], text[], bigint[], bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.count_cache_answers(uuid[], text[], bigint[], bigint[], bigint[]) TO service_role, tollgate_server;
