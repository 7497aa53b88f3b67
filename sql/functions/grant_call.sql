-- The lease is taken already: nobody else is here for this key. The day's row is locked from here to the commit, so that
-- calls of a day are counted one transaction at a time, by any number of servers.
CREATE OR REPLACE FUNCTION tollgate.grant_call(
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
  today CONSTANT record := tollgate.local_day(grant_call.organization_id);
  wanted_day CONSTANT date := today.day;
  quota_now CONSTANT bigint := (grant_call.cache).daily_quota;
  calls_now bigint;
  settled tollgate.settlement;
BEGIN
  INSERT INTO tollgate.cache_days (organization_id, cache_name, day)
  VALUES (grant_call.organization_id, (grant_call.cache).cache_name, wanted_day)
  ON CONFLICT ON CONSTRAINT "a cache counts a day once" DO NOTHING;
  IF FOUND THEN
    DELETE FROM tollgate.cache_days AS counted
    WHERE counted.organization_id = grant_call.organization_id
      AND counted.cache_name = (grant_call.cache).cache_name
      AND counted.day < wanted_day - 90;
  END IF;
  UPDATE tollgate.cache_days AS counted
  SET calls = counted.calls + 1,
    quota = greatest(counted.quota, quota_now)
  WHERE counted.organization_id = grant_call.organization_id
    AND counted.cache_name = (grant_call.cache).cache_name
    AND counted.day = wanted_day
    AND counted.calls < quota_now
  RETURNING counted.calls INTO calls_now;
  IF calls_now IS NULL THEN
    RETURN tollgate.fall_back(grant_call.cache, 'quota_reached', CASE WHEN quota_now > 0 THEN today.seconds_left END);
  END IF;

  settled := tollgate.settle_call(grant_call.organization_id, grant_call.user_id, grant_call.membership_required,
    grant_call.cache, grant_call.key_hash, grant_call.lease_id, grant_call.idempotency_key, quota_now - calls_now,
    tollgate.moment() + make_interval(secs => (grant_call.cache).lease_seconds));
  IF settled.outcome = 'success' AND NOT settled.replayed THEN
    RETURN tollgate.answer_of_call(grant_call.cache, settled);
  END IF;
  UPDATE tollgate.cache_days AS counted
  SET calls = counted.calls - 1
  WHERE counted.organization_id = grant_call.organization_id
    AND counted.cache_name = (grant_call.cache).cache_name
    AND counted.day = wanted_day;
  RETURN tollgate.answer_of_call(grant_call.cache, settled);
END
$$;
COMMENT ON FUNCTION tollgate.grant_call(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text) IS
  'Counts a call in the day and charges it: a miss; or answers with the fallback when the quota is gone or settlement refuses. The caller has taken the lease, and lets it go again unless it gets a miss with this lease.';
REVOKE ALL ON FUNCTION tollgate.grant_call(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text) FROM PUBLIC;
