-- Nothing tells which balances have changed: an index that did would have to be written with each of them. All that
-- rules are about are looked at instead, so many organizations at a time.
CREATE OR REPLACE FUNCTION tollgate.evaluate_alerts(row_limit integer DEFAULT 1000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (row_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 organizations are looked at.' USING ERRCODE = 'TG400';
  END IF;
  -- Where there are no rules, nothing is locked or written.
  IF tollgate.find_watched_organizations('00000000-0000-0000-0000-000000000000', 1) IS NULL THEN
    RETURN 0;
  END IF;
  RETURN tollgate.walk_alerts('balances', row_limit) + tollgate.walk_alerts('rates', greatest(1, row_limit / 10));
END
$$;
COMMENT ON FUNCTION tollgate.evaluate_alerts(integer) IS
  'Holds the balances of the next row_limit organizations that rules are about against them, and returns how many events that gave. What rules about rates need is looked at once a minute. Servers call it each second; any number may.';
REVOKE ALL ON FUNCTION tollgate.evaluate_alerts(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.evaluate_alerts(integer) TO service_role, tollgate_server;
