-- Runs as tollgate_reporter, whose policies admit it to which organizations are behind, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_behind(organization_limit integer) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(behind.organization_id ORDER BY behind.waits_since), '{}')
  FROM (
    SELECT known.organization_id, min(known.waits_since) AS waits_since
    FROM (
      (
        SELECT rolled.organization_id, rolled.rolled_at AS waits_since
        FROM tollgate.rolled_organizations AS rolled
        WHERE rolled.is_behind
        ORDER BY rolled.rolled_at
        LIMIT organization_limit
      )
      UNION ALL
      (
        -- A forecast changes by time alone: once a day it is worked out anew.
        SELECT forecast.organization_id, greatest(forecast.forecast_at, date_trunc('day', tollgate.moment(), 'UTC'))
        FROM tollgate.rolled_balances AS forecast
        WHERE forecast.runs_out_at IS NOT NULL
          -- The later ones are of a clock that went ahead, and was put back.
          AND (forecast.forecast_at < date_trunc('day', tollgate.moment(), 'UTC')
            OR forecast.forecast_at > tollgate.moment())
        ORDER BY forecast.forecast_at
        LIMIT organization_limit
      )
    ) AS known
    GROUP BY known.organization_id
  ) AS behind
$$;
COMMENT ON FUNCTION tollgate.find_behind(integer) IS
  'Organizations that may have something that is not rolled up, those that waited longest before the others, and those whose forecast is from another day.';
REVOKE ALL ON FUNCTION tollgate.find_behind(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_behind(integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
