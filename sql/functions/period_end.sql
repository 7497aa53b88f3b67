CREATE OR REPLACE FUNCTION tollgate.period_end(
  period text,
  period_days integer,
  last_end timestamptz,
  anchor timestamptz,
  time_zone text,
  at timestamptz
) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT held.ends_at
  FROM tollgate.period_at(period, period_days, last_end, anchor, time_zone, at) AS held
$$;
COMMENT ON FUNCTION tollgate.period_end(text, integer, timestamptz, timestamptz, text, timestamptz) IS
  'The end of the period that holds `at`, later than it. days: last_end + k × period_days × 24 hours, or `at` + that where there is no last_end; day, month, quarter: of the calendar in the time zone, months and quarters from the anchor if there is one; never: NULL. Arithmetic, not a counter: however late and by however many it is applied, a period ends once.';
REVOKE ALL ON FUNCTION tollgate.period_end(text, integer, timestamptz, timestamptz, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.period_end(text, integer, timestamptz, timestamptz, text, timestamptz) TO authenticated, service_role;
