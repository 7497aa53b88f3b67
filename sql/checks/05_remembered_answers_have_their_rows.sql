-- Invariant 5: a remembered success has its row in the ledger, a remembered refusal has one that moves nothing.
SELECT format('key %s of organization %s: remembers success %s, which is not in the ledger with these numbers',
  key.key, key.organization_id, key.transaction_id)
FROM tollgate.idempotency_keys AS key
WHERE key.outcome = 'success'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.ledger AS movement
    WHERE movement.organization_id = key.organization_id
      AND movement.id = key.transaction_id
      AND movement.idempotency_key = key.key
      AND movement.status = 'success'
      AND movement.balance_before = key.balance_before
      AND movement.balance_after = key.balance_after
  )
  -- Letting go or extending is remembered under the reservation's id.
  AND NOT EXISTS (
    SELECT
    FROM tollgate.reservations AS reservation
    WHERE reservation.organization_id = key.organization_id
      AND reservation.reservation_id = key.transaction_id
      AND key.balance_after = key.balance_before
      AND (reservation.status = 'released' OR key.details ? 'expiresAtMicroseconds')
  )
  -- What moves no tokens is remembered with its answer.
  AND NOT (key.token_type = '' AND key.details ? 'answer' AND key.balance_after = key.balance_before)
UNION ALL
SELECT format('key %s of organization %s: remembers refusal %s, which is not in the ledger with these numbers',
  key.key, key.organization_id, key.transaction_id)
FROM tollgate.idempotency_keys AS key
WHERE key.outcome <> 'success'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.ledger AS refusal
    WHERE refusal.organization_id = key.organization_id
      AND refusal.id = key.transaction_id
      AND refusal.idempotency_key = key.key
      AND refusal.status = 'refused'
      AND refusal.reason = key.outcome
      AND refusal.balance_before = key.balance_before
  )
UNION ALL
SELECT format('key %s of organization %s: remembers refusal %s, which moved %s tokens',
  key.key, key.organization_id, key.transaction_id, movement.amount)
FROM tollgate.idempotency_keys AS key
  JOIN tollgate.ledger AS movement
    ON movement.organization_id = key.organization_id
    AND movement.id = key.transaction_id
WHERE key.outcome <> 'success'
  AND (movement.status = 'success' OR movement.amount <> 0 OR movement.sequence IS NOT NULL)
