-- What writes tollgate.events writes the queue with it: an event that is not queued is never delivered.
CREATE OR REPLACE FUNCTION tollgate.write_event(
  organization_id uuid,
  kind text,
  token_type text,
  payload jsonb,
  at timestamptz DEFAULT NULL,
  event_id uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id CONSTANT uuid := coalesce(write_event.event_id, tollgate.time_ordered_id());
BEGIN
  INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload, created_at)
  VALUES (write_event.organization_id, id, write_event.kind, write_event.token_type, write_event.payload,
    coalesce(write_event.at, tollgate.moment()));
  INSERT INTO tollgate.event_queue (organization_id, event_id)
  VALUES (write_event.organization_id, id);
  RETURN id;
END
$$;
COMMENT ON FUNCTION tollgate.write_event(uuid, text, text, jsonb, timestamptz, uuid) IS
  'Writes an event, in the transaction in which it happens, and queues it for delivery. Returns its id. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.write_event(uuid, text, text, jsonb, timestamptz, uuid) FROM PUBLIC;
