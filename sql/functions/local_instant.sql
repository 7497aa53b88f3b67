CREATE OR REPLACE FUNCTION tollgate.local_instant(local timestamp, time_zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN (local AT TIME ZONE time_zone - interval '1 hour') AT TIME ZONE time_zone = local
      THEN local AT TIME ZONE time_zone - interval '1 hour'
    ELSE local AT TIME ZONE time_zone
  END
$$;
COMMENT ON FUNCTION tollgate.local_instant(timestamp, text) IS
  'When the clocks of a time zone show a time first: where they are put back, midnight may come twice. A time that they leave out is the hour after it.';
REVOKE ALL ON FUNCTION tollgate.local_instant(timestamp, text) FROM PUBLIC;
