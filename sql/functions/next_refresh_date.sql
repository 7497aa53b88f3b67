CREATE OR REPLACE FUNCTION tollgate.next_refresh_date(refresh_date timestamptz, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN refresh_date <= at THEN
      refresh_date + pg_catalog.make_interval(
        secs => 2592000 * (1 + floor(extract(epoch FROM at - refresh_date) / 2592000)::double precision))
    ELSE refresh_date
  END
$$;
COMMENT ON FUNCTION tollgate.next_refresh_date(timestamptz, timestamptz) IS
  'The end of the period of 30 × 24 hours that holds `at`, counted from a period''s end. Arithmetic, not a counter: however late and by however many it is applied, a period resets once.';
REVOKE ALL ON FUNCTION tollgate.next_refresh_date(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.next_refresh_date(timestamptz, timestamptz) TO authenticated, service_role;
