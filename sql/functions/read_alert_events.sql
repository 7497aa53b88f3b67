-- Runs as tollgate_reporter, whose policies admit it to the events of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_alert_events(
  organization_id uuid DEFAULT NULL,
  wanted_alert_id uuid DEFAULT NULL,
  wanted_state text DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
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
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT told.event_id, tollgate.event_type(told.kind), (told.payload ->> 'alertId')::uuid, told.organization_id,
    known.name, told.token_type,
    CASE told.kind WHEN 'alert_recovered' THEN 'recovered' ELSE 'raised' END,
    CASE WHEN told.kind NOT IN ('alert_raised', 'alert_recovered') THEN told.payload ->> 'state' END,
    told.payload ->> 'condition',
    coalesce(told.payload ->> 'value', told.payload ->> 'available', told.payload ->> 'remaining')::bigint,
    (told.payload ->> 'threshold')::bigint, told.created_at
  FROM tollgate.events AS told
    JOIN public.organizations AS known ON known.id = told.organization_id
  WHERE told.kind IN ('alert_raised', 'alert_recovered', 'threshold_crossed', 'content_threshold_crossed')
    AND (wanted_alert_id IS NULL OR told.payload ->> 'alertId' = wanted_alert_id::text)
    AND (wanted_state IS NULL OR wanted_state = CASE told.kind WHEN 'alert_recovered' THEN 'recovered' ELSE 'raised' END)
    AND (before_id IS NULL OR told.event_id < before_id)
    AND (read_alert_events.organization_id IS NULL OR told.organization_id = read_alert_events.organization_id)
  ORDER BY told.event_id DESC
  LIMIT row_limit
$$;
COMMENT ON FUNCTION tollgate.read_alert_events(uuid, uuid, text, uuid, integer) IS
  'A page of the alerts that were raised or recovered, of all organizations or one, and of the thresholds of balances and content budgets that were crossed, newest first.';
REVOKE ALL ON FUNCTION tollgate.read_alert_events(uuid, uuid, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_alert_events(uuid, uuid, text, uuid, integer) TO service_role, tollgate_server, tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
