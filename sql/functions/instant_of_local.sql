CREATE OR REPLACE FUNCTION tollgate.instant_of_local(local timestamp, time_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Of a time that exists twice PostgreSQL takes the second, of one that does not exist what the clock shows instead.
  instant CONSTANT timestamptz := local AT TIME ZONE time_zone;
  day_before CONSTANT timestamptz := instant - interval '24 hours';
  first_instant CONSTANT timestamptz :=
    (local - (day_before AT TIME ZONE time_zone - day_before AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC';
BEGIN
  IF first_instant < instant AND first_instant AT TIME ZONE time_zone = local THEN
    RETURN first_instant;
  END IF;
  RETURN instant;
END
$$;
COMMENT ON FUNCTION tollgate.instant_of_local(timestamp, text) IS
  'When clocks of a time zone first show this time. One that the clocks skip is counted by the offset before.';
REVOKE ALL ON FUNCTION tollgate.instant_of_local(timestamp, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.instant_of_local(timestamp, text) TO authenticated, service_role;
