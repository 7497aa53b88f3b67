CREATE OR REPLACE FUNCTION tollgate.delete_alert(alert_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner uuid;
BEGIN
  SELECT rule.organization_id INTO owner FROM tollgate.read_alerts(delete_alert.alert_id, NULL, NULL, 1) AS rule;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  DELETE FROM tollgate.alerts AS rule
  WHERE rule.organization_id = owner AND rule.alert_id = delete_alert.alert_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such rule.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.end_deliveries(owner, delete_alert.alert_id, 'The rule was deleted.');
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.delete_alert(uuid) IS
  'Deletes a rule. Where it is raised, the next look at that balance says that it has ended, a minute behind the raise at the earliest. Raises TG404 for an unknown one.';
REVOKE ALL ON FUNCTION tollgate.delete_alert(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.delete_alert(uuid) TO service_role, tollgate_server;
