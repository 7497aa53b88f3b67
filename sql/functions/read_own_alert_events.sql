CREATE OR REPLACE FUNCTION tollgate.read_own_alert_events(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  outcome text,
  event_id uuid,
  type text,
  alert_id uuid,
  organization_id_of_event uuid,
  organization_name text,
  token_type text,
  state text,
  level text,
  condition text,
  value bigint,
  threshold bigint,
  created_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := read_own_alert_events.organization_id;
  may text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  may := tollgate.may_read(tenant, read_own_alert_events.user_id, read_own_alert_events.membership_required);
  IF may = 'success' THEN
    RETURN QUERY
    SELECT may, told.*
    FROM tollgate.read_alert_events(tenant, NULL, NULL, read_own_alert_events.before_id, row_limit) AS told;
  ELSE
    outcome := may;
    RETURN NEXT;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_own_alert_events(uuid, uuid, boolean, uuid, integer) IS
  'The same of one organization, for a user of it where membership is required: rows with the outcome success, or one that says why not: forbidden or unknown_organization.';
REVOKE ALL ON FUNCTION tollgate.read_own_alert_events(uuid, uuid, boolean, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_own_alert_events(uuid, uuid, boolean, uuid, integer) TO tollgate_server;
