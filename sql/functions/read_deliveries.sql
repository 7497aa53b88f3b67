CREATE OR REPLACE FUNCTION tollgate.read_deliveries(
  webhook_id uuid,
  delivery_id uuid DEFAULT NULL,
  status text DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  delivery_id_of_row uuid,
  event_id uuid,
  type text,
  status_of_row text,
  attempts integer,
  last_status integer,
  last_error text,
  next_attempt_at timestamptz,
  created_at timestamptz,
  finished_at timestamptz,
  history jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(read_deliveries.webhook_id);
  event_organization_ids uuid[];
  delivery_ids uuid[];
BEGIN
  SELECT array_agg(page.event_organization_id), array_agg(page.delivery_id)
  INTO event_organization_ids, delivery_ids
  FROM (
    SELECT held.event_organization_id, held.delivery_id
    FROM tollgate.deliveries AS held
    WHERE held.organization_id = owner
      AND held.receiver_id = read_deliveries.webhook_id
      AND (read_deliveries.delivery_id IS NULL OR held.delivery_id = read_deliveries.delivery_id)
      AND (read_deliveries.status IS NULL OR held.status = read_deliveries.status)
      AND (read_deliveries.before_id IS NULL OR held.delivery_id < read_deliveries.before_id)
    ORDER BY held.delivery_id DESC
    LIMIT row_limit
  ) AS page;
  PERFORM tollgate.admit_organizations(event_organization_ids || owner);
  RETURN QUERY
  SELECT held.delivery_id, held.event_id, tollgate.event_type(event.kind), held.status, held.attempts, held.last_status,
    held.last_error, held.next_attempt_at, held.created_at, held.finished_at, held.history
  FROM tollgate.deliveries AS held
    JOIN tollgate.events AS event
      ON event.organization_id = held.event_organization_id AND event.event_id = held.event_id
  WHERE held.organization_id = owner AND held.delivery_id = ANY (delivery_ids)
  ORDER BY held.delivery_id DESC;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_deliveries(uuid, uuid, text, uuid, integer) IS
  'A page of a webhook''s deliveries, newest first: those with ids before before_id, of one status where one is named. Or the one delivery with this id. Raises TG404 for an unknown webhook.';
REVOKE ALL ON FUNCTION tollgate.read_deliveries(uuid, uuid, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_deliveries(uuid, uuid, text, uuid, integer) TO service_role, tollgate_server;
