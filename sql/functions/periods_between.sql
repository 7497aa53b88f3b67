CREATE OR REPLACE FUNCTION tollgate.periods_between(
  period text,
  period_days integer,
  last_end timestamptz,
  anchor timestamptz,
  time_zone text,
  from_end timestamptz,
  to_end timestamptz
) RETURNS integer
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT (later.number - earlier.number)::integer
  FROM tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, from_end) AS earlier,
    tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, to_end) AS later
$$;
COMMENT ON FUNCTION tollgate.periods_between(text, integer, timestamptz, timestamptz, text, timestamptz, timestamptz) IS
  'How many periods ended after from_end and no later than to_end; NULL where none ever does. A local day that a time zone skipped counts as one.';
REVOKE ALL ON FUNCTION tollgate.periods_between(text, integer, timestamptz, timestamptz, text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.periods_between(text, integer, timestamptz, timestamptz, text, timestamptz, timestamptz) TO authenticated, service_role;
