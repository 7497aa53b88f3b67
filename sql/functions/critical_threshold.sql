CREATE OR REPLACE FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT coalesce(kind.critical_below, (allocated * kind.critical_percent + 99) / 100)
$$;
COMMENT ON FUNCTION tollgate.critical_threshold(bigint, tollgate.token_types) IS
  'Tokens: fewer than these are critical. The absolute threshold, or less than critical_percent of the allocation.';
REVOKE ALL ON FUNCTION tollgate.critical_threshold(bigint, tollgate.token_types) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.critical_threshold(bigint, tollgate.token_types) TO authenticated, service_role, tollgate_reporter;
