-- Runs as tollgate_reporter, whose policies admit it to the rules of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_alerts(
  alert_id uuid DEFAULT NULL,
  organization_id uuid DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS SETOF tollgate.alerts
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT rule.*
  FROM tollgate.alerts AS rule
  WHERE (read_alerts.alert_id IS NULL OR rule.alert_id = read_alerts.alert_id)
    AND (read_alerts.organization_id IS NULL OR rule.organization_id = read_alerts.organization_id)
    AND (before_id IS NULL OR rule.alert_id < before_id)
  ORDER BY rule.alert_id DESC
  LIMIT row_limit
$$;
COMMENT ON FUNCTION tollgate.read_alerts(uuid, uuid, uuid, integer) IS
  'A page of the rules of all organizations, or of one (the nil UUID: of those for all), newest first: those with ids before before_id. Or the one rule with this id.';
REVOKE ALL ON FUNCTION tollgate.read_alerts(uuid, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_alerts(uuid, uuid, uuid, integer) TO service_role, tollgate_server, tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
