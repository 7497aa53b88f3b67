CREATE OR REPLACE FUNCTION tollgate.answer_of_call(
  cache tollgate.caches,
  settled tollgate.settlement
) RETURNS tollgate.cache_answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  details CONSTANT jsonb := (answer_of_call.settled).details;
  outcome CONSTANT text := (answer_of_call.settled).outcome;
  answer tollgate.cache_answer;
BEGIN
  IF outcome = ANY (tollgate.recorded_refusals()) THEN
    answer := tollgate.fall_back(answer_of_call.cache, outcome,
      ceil((details ->> 'retryAfterSeconds')::numeric)::bigint);
  ELSIF outcome = 'success' THEN
    answer.outcome := 'miss';
    answer.lease_id := (answer_of_call.settled).transaction_id;
    answer.remaining := (details ->> 'remaining')::bigint;
    answer.lease_ends_at := (details ->> 'leaseEndsAt')::timestamptz;
    answer.lease_milliseconds := (answer_of_call.cache).lease_seconds * 1000::bigint;
  ELSE
    answer.outcome := outcome;
  END IF;
  answer.replayed := (answer_of_call.settled).replayed;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.answer_of_call(tollgate.caches, tollgate.settlement) IS
  'What a settlement means to who asked a cache: a success is a miss, a refusal the fallback.';
REVOKE ALL ON FUNCTION tollgate.answer_of_call(tollgate.caches, tollgate.settlement) FROM PUBLIC;
