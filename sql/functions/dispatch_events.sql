CREATE OR REPLACE FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  queued record;
  dispatched integer;
BEGIN
  IF (row_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 events are dispatched.' USING ERRCODE = 'TG400';
  END IF;
  SELECT * INTO queued FROM tollgate.find_queued_events(row_limit);
  IF queued.event_ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM tollgate.admit_organizations(queued.organization_ids || '00000000-0000-0000-0000-000000000000'::uuid);
  -- Nobody deletes one, or makes it inactive, before it has what it gets.
  PERFORM
  FROM tollgate.webhooks AS hook
  ORDER BY hook.organization_id, hook.webhook_id
  FOR SHARE;
  -- Taken and delivered to the queue of each receiver at one stroke: an event is lost by nobody's death, and found by one.
  WITH taken AS (
    DELETE FROM tollgate.event_queue AS waiting
    WHERE (waiting.organization_id, waiting.event_id) IN (
      SELECT locked.organization_id, locked.event_id
      FROM tollgate.event_queue AS locked
        JOIN unnest(queued.organization_ids, queued.event_ids) AS oldest (organization_id, event_id)
          ON oldest.organization_id = locked.organization_id AND oldest.event_id = locked.event_id
      FOR UPDATE OF locked SKIP LOCKED
    )
    RETURNING waiting.organization_id, waiting.event_id
  ),
  event AS (
    SELECT written.*
    FROM taken
      JOIN tollgate.events AS written
        ON written.organization_id = taken.organization_id AND written.event_id = taken.event_id
  ),
  receiver AS (
    SELECT hook.organization_id, 'webhook' AS channel, hook.webhook_id AS receiver_id, NULL::text AS address,
      event.organization_id AS event_organization_id, event.event_id
    FROM event
      JOIN tollgate.webhooks AS hook ON hook.organization_id IN (event.organization_id, '00000000-0000-0000-0000-000000000000')
    WHERE hook.active
      AND CASE event.kind
        WHEN 'webhook_test' THEN hook.webhook_id = (event.payload ->> 'webhookId')::uuid
        ELSE hook.events = '{}' OR tollgate.event_type(event.kind) = ANY (hook.events)
      END
    UNION ALL
    SELECT rule.organization_id, 'email', rule.alert_id, address, event.organization_id, event.event_id
    FROM event
      JOIN tollgate.alerts AS rule
        ON rule.organization_id IN (event.organization_id, '00000000-0000-0000-0000-000000000000')
        AND rule.alert_id = (event.payload ->> 'alertId')::uuid
      CROSS JOIN LATERAL (SELECT DISTINCT unnest(rule.email)) AS listed (address)
    WHERE dispatch_events.with_email AND event.kind IN ('alert_raised', 'alert_recovered')
  ),
  delivery AS (
    INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, address, event_organization_id,
      event_id, next_attempt_at, created_at)
    SELECT receiver.organization_id, tollgate.time_ordered_id(), receiver.channel, receiver.receiver_id, receiver.address,
      receiver.event_organization_id, receiver.event_id, tollgate.moment(), tollgate.moment()
    FROM receiver
  )
  SELECT count(*)::integer INTO dispatched FROM taken;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dispatched;
END
$$;
COMMENT ON FUNCTION tollgate.dispatch_events(integer, boolean) IS
  'Looks for the receivers of at most row_limit events that wait, the oldest first: webhooks, and with_email the addresses of the rule that an alert is of. Returns how many events that were. Any number may do so at once.';
REVOKE ALL ON FUNCTION tollgate.dispatch_events(integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.dispatch_events(integer, boolean) TO service_role, tollgate_server;
