CREATE OR REPLACE FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN available <= 0 THEN 'exhausted'
    WHEN available < critical_below THEN 'critical'
    WHEN available < warning_below THEN 'warning'
    WHEN available IS NOT NULL THEN 'safe'
  END
$$;
COMMENT ON FUNCTION tollgate.state_between(bigint, bigint, bigint) IS
  'safe, warning, critical or exhausted, for a number of available tokens and the thresholds they are held against; NULL for NULL.';
REVOKE ALL ON FUNCTION tollgate.state_between(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.state_between(bigint, bigint, bigint) TO authenticated, service_role, tollgate_reporter;
