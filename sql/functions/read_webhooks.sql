-- Runs as tollgate_reporter, whose policies admit it to the webhooks of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_webhooks(
  webhook_id uuid DEFAULT NULL,
  organization_id uuid DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  webhook_id uuid,
  organization_id uuid,
  organization_name text,
  url text,
  events text[],
  active boolean,
  disabled_reason text,
  failures integer,
  failing_since timestamptz,
  last_delivery_at timestamptz,
  previous_secret_ends_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT hook.webhook_id, hook.organization_id, known.name, hook.url, hook.events, hook.active, hook.disabled_reason, hook.failures,
    hook.failing_since, hook.last_delivery_at, hook.previous_secret_ends_at, hook.created_at, hook.updated_at
  FROM tollgate.webhooks AS hook
    LEFT JOIN public.organizations AS known ON known.id = hook.organization_id
  WHERE (read_webhooks.webhook_id IS NULL OR hook.webhook_id = read_webhooks.webhook_id)
    AND (read_webhooks.organization_id IS NULL OR hook.organization_id = read_webhooks.organization_id)
    AND (before_id IS NULL OR hook.webhook_id < before_id)
  ORDER BY hook.webhook_id DESC
  LIMIT row_limit
$$;
COMMENT ON FUNCTION tollgate.read_webhooks(uuid, uuid, uuid, integer) IS
  'A page of the webhooks of all organizations, or of one (the nil UUID: of those for all), newest first and without secrets: those with ids before before_id. Or the one webhook with this id.';
REVOKE ALL ON FUNCTION tollgate.read_webhooks(uuid, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_webhooks(uuid, uuid, uuid, integer) TO service_role, tollgate_server, tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
