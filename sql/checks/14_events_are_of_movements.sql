-- Invariant 14: a threshold is announced once in a period, with the movement that crossed it.
--
-- Tokens that a plan change grants make a new start: what was announced before may be announced after them. A bucket
-- begins anew whenever it is full, of which the ledger says nothing.
SELECT format('balance %s of organization %s: %s was announced %s times in the period that ends at %s',
  token_type, organization_id, payload ->> 'state', count(*), payload ->> 'periodEnd')
FROM (
  SELECT event.*,
    (
      SELECT count(*)
      FROM tollgate.ledger_entries AS granted
      WHERE granted.organization_id = event.organization_id
        AND granted.token_type = event.token_type
        AND granted.kind = 'allocation'
        AND granted.reason = 'plan_upgrade'
        AND granted.sequence < (event.payload ->> 'sequence')::bigint
    ) AS grants_before
  FROM tollgate.events AS event
  WHERE event.kind = 'threshold_crossed'
    AND event.payload ->> 'periodEnd' IS NOT NULL
    AND NOT EXISTS (
      SELECT
      FROM public.ai_tokens AS bucket
      WHERE bucket.organization_id = event.organization_id
        AND bucket.token_type = event.token_type
        AND bucket.refilled_at IS NOT NULL
    )
) AS announced
GROUP BY organization_id, token_type, payload ->> 'state', payload ->> 'periodEnd', grants_before
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
