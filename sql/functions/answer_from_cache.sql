CREATE OR REPLACE FUNCTION tollgate.answer_from_cache(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  cache tollgate.caches,
  key_hash bytea,
  lease_id uuid,
  idempotency_key text
) RETURNS tollgate.cache_answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  today CONSTANT record := tollgate.local_day(answer_from_cache.organization_id);
  wanted_day CONSTANT date := today.day;
  answer tollgate.cache_answer;
BEGIN
  LOOP
    answer := tollgate.look_in_cache(answer_from_cache.organization_id, answer_from_cache.cache,
      answer_from_cache.key_hash);
    -- After the look, which may have found the lease that was taken under this very key.
    IF answer_from_cache.idempotency_key IS NOT NULL
      AND tollgate.is_known_key(answer_from_cache.organization_id, answer_from_cache.idempotency_key)
    THEN
      RETURN tollgate.answer_of_call(answer_from_cache.cache, tollgate.settle_call(
        answer_from_cache.organization_id, answer_from_cache.user_id, answer_from_cache.membership_required,
        answer_from_cache.cache, answer_from_cache.key_hash, answer_from_cache.lease_id,
        answer_from_cache.idempotency_key));
    END IF;
    IF answer.outcome IS NOT NULL THEN
      RETURN answer;
    END IF;

    -- Where nothing is left nobody needs a lock to learn it.
    IF (answer_from_cache.cache).daily_quota = 0 OR EXISTS (
      SELECT
      FROM tollgate.cache_days AS counted
      WHERE counted.organization_id = answer_from_cache.organization_id
        AND counted.cache_name = (answer_from_cache.cache).cache_name
        AND counted.day = wanted_day
        AND counted.calls >= (answer_from_cache.cache).daily_quota
    ) THEN
      -- The call that took the last of it, between the look and this, may be one for this very key.
      answer := tollgate.look_in_cache(answer_from_cache.organization_id, answer_from_cache.cache,
        answer_from_cache.key_hash);
      CONTINUE WHEN answer.outcome IS NOT NULL;
      RETURN tollgate.fall_back(answer_from_cache.cache, 'quota_reached',
        CASE WHEN (answer_from_cache.cache).daily_quota > 0 THEN today.seconds_left END);
    END IF;
    EXIT WHEN tollgate.take_lease(answer_from_cache.organization_id, answer_from_cache.cache,
      answer_from_cache.key_hash, answer_from_cache.lease_id);
  END LOOP;

  answer := tollgate.grant_call(answer_from_cache.organization_id, answer_from_cache.user_id,
    answer_from_cache.membership_required, answer_from_cache.cache, answer_from_cache.key_hash,
    answer_from_cache.lease_id, answer_from_cache.idempotency_key);
  IF answer.lease_id IS DISTINCT FROM answer_from_cache.lease_id THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = answer_from_cache.organization_id
      AND known.cache_name = (answer_from_cache.cache).cache_name
      AND known.key_hash = answer_from_cache.key_hash;
  END IF;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.answer_from_cache(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text) IS
  'What a cache says to a key by its hash. tollgate.ask_cache has looked whether the caller may ask.';
REVOKE ALL ON FUNCTION tollgate.answer_from_cache(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text) FROM PUBLIC;
