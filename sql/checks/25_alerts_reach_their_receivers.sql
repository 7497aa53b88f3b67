-- Invariant 25: an alert is raised and recovers in turn, every event is queued with its writing, and what is on its way to
-- a receiver has an event, a receiver and an end.
WITH edge AS (
  SELECT event.organization_id, event.event_id, event.kind, event.token_type, event.payload ->> 'alertId' AS alert_id,
    event.payload ->> 'condition' AS condition, (event.payload ->> 'edge')::bigint AS number
  FROM tollgate.events AS event
  WHERE event.kind IN ('alert_raised', 'alert_recovered')
)
SELECT format('alert %s of organization %s: event %s is the edge %s, and says %s', alert_id, organization_id, event_id,
  number, kind)
FROM edge
WHERE (number % 2 = 1) IS DISTINCT FROM (kind = 'alert_raised')
UNION ALL
SELECT format('alert %s of organization %s: the edge %s was told %s times (%s)', alert_id, organization_id, number,
  count(*), token_type)
FROM edge
GROUP BY organization_id, alert_id, condition, token_type, number
HAVING count(*) > 1
UNION ALL
SELECT format('alert %s of organization %s: %s edges were counted, and %s told (%s)',
  coalesce(known.alert_id::text, told.alert_id), coalesce(known.organization_id, told.organization_id),
  coalesce(known.edges, 0), coalesce(told.edges, 0), coalesce(known.token_type, told.token_type))
FROM tollgate.alert_states AS known
  FULL JOIN (
    SELECT organization_id, alert_id, condition, token_type, count(*) AS edges
    FROM edge
    GROUP BY organization_id, alert_id, condition, token_type
  ) AS told
    ON told.organization_id = known.organization_id
    AND told.alert_id = known.alert_id::text
    AND told.condition = known.condition
    AND told.token_type = known.token_type
WHERE known.edges IS DISTINCT FROM told.edges
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
