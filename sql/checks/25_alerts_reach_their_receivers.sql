-- Invariant 25: an alert is raised and recovers in turn, every event is queued with its writing, and what is on its way to
-- a receiver has an event, a receiver and an end.
WITH edge AS (
  SELECT event.organization_id, event.event_id, event.kind, event.token_type, event.payload ->> 'alertId' AS alert_id,
    event.payload ->> 'condition' AS condition,
    lag(event.kind) OVER rule AS kind_before,
    lead(event.kind) OVER rule IS NULL AS is_last
  FROM tollgate.events AS event
  WHERE event.kind IN ('alert_raised', 'alert_recovered')
  WINDOW rule AS (
    PARTITION BY event.organization_id, event.payload ->> 'alertId', event.payload ->> 'condition', event.token_type
    ORDER BY event.event_id)
)
SELECT format('alert %s of organization %s: %s twice, without the other between (%s)', alert_id, organization_id,
  CASE kind WHEN 'alert_raised' THEN 'raised' ELSE 'recovered' END, token_type)
FROM edge
WHERE kind = coalesce(kind_before, 'alert_recovered')
UNION ALL
SELECT format('alert %s of organization %s is raised (%s), and its last event does not say so', alert_id, organization_id,
  token_type)
FROM tollgate.alert_states AS raised
WHERE NOT EXISTS (
  SELECT
  FROM edge
  WHERE edge.organization_id = raised.organization_id
    AND edge.alert_id = raised.alert_id::text
    AND edge.condition = raised.condition
    AND edge.token_type = raised.token_type
    AND edge.is_last
    AND edge.kind = 'alert_raised'
)
UNION ALL
SELECT format('alert %s of organization %s is not raised (%s), and its last event says so', alert_id, organization_id,
  token_type)
FROM edge
WHERE is_last
  AND kind = 'alert_raised'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.alert_states AS raised
    WHERE raised.organization_id = edge.organization_id
      AND raised.alert_id::text = edge.alert_id
      AND raised.condition = edge.condition
      AND raised.token_type = edge.token_type
  )
UNION ALL
SELECT format('event %s of organization %s has waited for its receivers since %s', event_id, organization_id, queued_at)
FROM tollgate.event_queue
WHERE queued_at < now() - interval '1 day'
UNION ALL
SELECT format('delivery %s is of event %s, which does not exist', delivery_id, event_id)
FROM tollgate.deliveries AS held
WHERE NOT EXISTS (
  SELECT
  FROM tollgate.events AS event
  WHERE event.organization_id = held.event_organization_id AND event.event_id = held.event_id
)
UNION ALL
SELECT format('delivery %s of organization %s is of an event of organization %s', delivery_id, organization_id,
  event_organization_id)
FROM tollgate.deliveries
WHERE organization_id NOT IN (event_organization_id, '00000000-0000-0000-0000-000000000000')
UNION ALL
SELECT format('delivery %s has been pending since %s', delivery_id, pending_since)
FROM tollgate.deliveries
WHERE status = 'pending' AND pending_since < now() - interval '14 days'
UNION ALL
SELECT format('delivery %s is pending, and its webhook is not there or not active', delivery_id)
FROM tollgate.deliveries AS held
WHERE held.status = 'pending'
  AND held.channel = 'webhook'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.webhooks AS hook
    WHERE hook.organization_id = held.organization_id AND hook.webhook_id = held.receiver_id AND hook.active
  )
UNION ALL
SELECT format('event %s has %s deliveries to %s', event_id, count(*), coalesce(address, receiver_id::text))
FROM tollgate.deliveries
GROUP BY organization_id, receiver_id, address, event_organization_id, event_id
HAVING count(*) > 1
UNION ALL
SELECT format('%s writes events that nobody is told of', routine.oid::regprocedure)
FROM pg_proc AS routine
WHERE routine.pronamespace = to_regnamespace('tollgate')
  AND coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc) ~ 'INTO\s+tollgate\.events\M'
  AND coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc) !~ 'INTO\s+tollgate\.event_queue\M'
