-- Periods are numbered, and the end of each is computed from its number alone: from last_end for periods of days, from
-- the anchor or the calendar for the others. So nothing adds up: not the clamping of the 31st, not a clock change, not
-- how often or how late somebody asks.
CREATE OR REPLACE FUNCTION tollgate.period_at(
  period text,
  period_days integer,
  last_end timestamptz,
  anchor timestamptz,
  time_zone text,
  at timestamptz,
  OUT number bigint,
  OUT ends_at timestamptz
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seconds CONSTANT bigint := period_days * 86400::bigint;
  months CONSTANT integer := CASE period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 0 END;
  zone text;
  local_time timestamp;
  local_origin timestamp := timestamp '2000-01-01';
BEGIN
  IF isfinite(at) IS NOT TRUE THEN
    RETURN;
  END IF;
  IF period = 'days' THEN
    number := greatest(-1, floor(extract(epoch FROM at - coalesce(last_end, at)) / seconds))::bigint;
    ends_at := coalesce(last_end, at) + make_interval(secs => seconds * (number + 1));
  ELSIF period IN ('day', 'month', 'quarter') THEN
    zone := tollgate.usable_time_zone(time_zone);
    local_time := at AT TIME ZONE zone;
    IF months > 0 AND isfinite(anchor) THEN
      local_origin := anchor AT TIME ZONE zone;
    END IF;
    -- A number that is not too large, whatever the clocks did last; the next one or two are tried.
    IF months > 0 THEN
      number := floor((
          (extract(year FROM local_time) - extract(year FROM local_origin)) * 12
            + extract(month FROM local_time) - extract(month FROM local_origin)
        ) / months)::bigint - 1;
    ELSE
      number := (local_time::date - local_origin::date)::bigint - 1;
    END IF;
    LOOP
      ends_at := tollgate.instant_of_local(
        local_origin + CASE
          WHEN months > 0 THEN make_interval(months => months * (number + 1)::integer)
          ELSE make_interval(days => (number + 1)::integer)
        END,
        zone);
      EXIT WHEN ends_at > at;
      number := number + 1;
    END LOOP;
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.period_at(text, integer, timestamptz, timestamptz, text, timestamptz) IS
  'The period that holds a moment: its number, counted from last_end, the anchor or the calendar, and its end, which is later than the moment. A period of days that was given a later end by hand lasts until then. NULLs: no period ends.';
REVOKE ALL ON FUNCTION tollgate.period_at(text, integer, timestamptz, timestamptz, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.period_at(text, integer, timestamptz, timestamptz, text, timestamptz) TO authenticated, service_role;
