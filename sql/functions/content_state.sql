CREATE OR REPLACE FUNCTION tollgate.content_state(used bigint, budget bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT tollgate.state_between(budget - used, tollgate.content_few(budget), budget * 50 / 100 + 1)
$$;
COMMENT ON FUNCTION tollgate.content_state(bigint, bigint) IS
  'safe, warning (50 percent left, or less), critical (less than 20) or exhausted, as of a balance whose token type has the thresholds that are usual.';
REVOKE ALL ON FUNCTION tollgate.content_state(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.content_state(bigint, bigint) TO authenticated, service_role, tollgate_reporter;
