CREATE OR REPLACE FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN available IS NULL THEN NULL
    WHEN available <= 0 THEN 'exhausted'
    WHEN available < tollgate.critical_threshold(allocated, kind) THEN 'critical'
    WHEN available < tollgate.warning_threshold(allocated, kind) THEN 'warning'
    ELSE 'safe'
  END
$$;
COMMENT ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) IS
  'safe, warning, critical or exhausted, for a number of available tokens.';
REVOKE ALL ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.balance_state(bigint, bigint, tollgate.token_types) TO authenticated, service_role;
