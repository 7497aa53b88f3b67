CREATE OR REPLACE FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT coalesce(kind.warning_below, allocated * kind.warning_percent / 100 + 1)
$$;
COMMENT ON FUNCTION tollgate.warning_threshold(bigint, tollgate.token_types) IS
  'Tokens: fewer than these deserve a warning. The absolute threshold, or warning_percent of the allocation or less.';
REVOKE ALL ON FUNCTION tollgate.warning_threshold(bigint, tollgate.token_types) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.warning_threshold(bigint, tollgate.token_types) TO authenticated, service_role, tollgate_reporter;
