CREATE OR REPLACE FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT tollgate.state_between(
    available, tollgate.critical_threshold(allocated, kind), tollgate.warning_threshold(allocated, kind))
$$;
COMMENT ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) IS
  'safe, warning, critical or exhausted, for a number of available tokens.';
REVOKE ALL ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) TO authenticated, service_role, tollgate_reporter;
