-- Invariant 14: a threshold is announced once in a period, with the movement that crossed it.
SELECT format('balance %s of organization %s: %s was announced %s times in the period that ends at %s',
  token_type, organization_id, payload ->> 'state', count(*), payload ->> 'periodEnd')
FROM tollgate.events
WHERE kind = 'threshold_crossed' AND payload ->> 'periodEnd' IS NOT NULL
GROUP BY organization_id, token_type, payload ->> 'state', payload ->> 'periodEnd'
HAVING count(*) > 1
UNION ALL
SELECT format('event %s of organization %s: announces movement %s of balance %s, which is not in the ledger',
  event.event_id, event.organization_id, event.payload ->> 'sequence', event.token_type)
FROM tollgate.events AS event
WHERE event.kind = 'threshold_crossed'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.ledger AS movement
    WHERE movement.organization_id = event.organization_id
      AND movement.token_type = event.token_type
      AND movement.sequence = (event.payload ->> 'sequence')::bigint
  )
