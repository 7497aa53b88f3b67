CREATE OR REPLACE FUNCTION tollgate.fall_back(
  cache tollgate.caches,
  reason text,
  retry_after_seconds bigint
) RETURNS tollgate.cache_answer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer tollgate.cache_answer;
BEGIN
  answer.outcome := 'fallback';
  answer.value := (fall_back.cache).fallback;
  answer.reason := fall_back.reason;
  answer.retry_after_seconds := fall_back.retry_after_seconds;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.fall_back(tollgate.caches, text, bigint) IS
  'What is answered in place of a call: the cache''s fallback, why, and the seconds until a call may be granted (NULL: waiting does not help).';
REVOKE ALL ON FUNCTION tollgate.fall_back(tollgate.caches, text, bigint) FROM PUBLIC;
