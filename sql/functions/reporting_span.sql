CREATE OR REPLACE FUNCTION tollgate.reporting_span(INOUT from_time timestamptz, INOUT to_time timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
  -- No year after 9999 can be told as RFC 3339 has it.
  to_time := least('9999-12-31 23:00:00+00',
    date_trunc('hour', coalesce(to_time, tollgate.moment()) + interval '1 hour' - interval '1 microsecond'));
  from_time := date_trunc('hour', coalesce(
    from_time, date_trunc('day', to_time - interval '1 microsecond') - interval '29 days'));
END
$$;
COMMENT ON FUNCTION tollgate.reporting_span(timestamptz, timestamptz) IS
  'From when to when a report is, in full hours: an hour that is asked for in part is in it. NULLs are filled in: up to now, and of 30 days (UTC), the last one included.';
REVOKE ALL ON FUNCTION tollgate.reporting_span(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.reporting_span(timestamptz, timestamptz) TO tollgate_server, service_role;
