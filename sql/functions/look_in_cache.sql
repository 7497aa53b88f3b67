CREATE OR REPLACE FUNCTION tollgate.look_in_cache(
  organization_id uuid,
  cache tollgate.caches,
  key_hash bytea
) RETURNS tollgate.cache_answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  entry tollgate.cache_entries;
  answer tollgate.cache_answer;
BEGIN
  SELECT known.*
  INTO entry
  FROM tollgate.cache_entries AS known
  WHERE known.organization_id = look_in_cache.organization_id
    AND known.cache_name = (look_in_cache.cache).cache_name
    AND known.key_hash = look_in_cache.key_hash
    AND known.ends_at > moment;
  IF entry.value IS NOT NULL THEN
    answer.outcome := 'hit';
    answer.value := entry.value;
    IF entry.last_used_at < moment - interval '1 minute' THEN
      -- Whoever has the row locked uses it, too: a hit waits for nobody.
      UPDATE tollgate.cache_entries AS known
      SET last_used_at = moment
      FROM (
        SELECT used.organization_id, used.cache_name, used.key_hash
        FROM tollgate.cache_entries AS used
        WHERE used.organization_id = entry.organization_id
          AND used.cache_name = entry.cache_name
          AND used.key_hash = entry.key_hash
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS used
      WHERE known.organization_id = used.organization_id
        AND known.cache_name = used.cache_name
        AND known.key_hash = used.key_hash;
    END IF;
  ELSIF entry.lease_id IS NOT NULL THEN
    answer.outcome := 'wait';
    answer.lease_id := entry.lease_id;
    answer.lease_milliseconds := greatest(ceil(extract(epoch FROM entry.ends_at - moment) * 1000)::bigint, 1);
    answer.wait_seconds := (look_in_cache.cache).wait_seconds;
  END IF;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.look_in_cache(uuid, tollgate.caches, bytea) IS
  'A hit, a wait for somebody''s lease, or no outcome where nothing is known under the key. Notes the use of a value, to the minute.';
REVOKE ALL ON FUNCTION tollgate.look_in_cache(uuid, tollgate.caches, bytea) FROM PUBLIC;
