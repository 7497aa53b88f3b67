-- Invariant 4: an idempotency key settles at most once while it is remembered, for 7 days at least.
SELECT format('key %s of organization %s: settled in the weeks of %s and %s', key, organization_id, week_before, week)
FROM (
  SELECT organization_id, key, week, lag(week) OVER (PARTITION BY organization_id, key ORDER BY week) AS week_before
  FROM tollgate.idempotency_keys
) AS settled
WHERE week - week_before <= 7
UNION ALL
SELECT format('key %s of organization %s: answered at %s and again at %s', idempotency_key, organization_id,
  answered_before, created_at)
FROM (
  SELECT organization_id, idempotency_key, created_at,
    lag(created_at) OVER (PARTITION BY organization_id, idempotency_key ORDER BY created_at) AS answered_before
  FROM tollgate.ledger
  WHERE idempotency_key IS NOT NULL
    -- The other refusals are not remembered: the same key may be sent again at once. A capture may let go of a rest.
    AND (kind NOT IN ('refusal', 'release') OR kind = 'refusal' AND reason IN ('insufficient_tokens', 'critical_balance'))
) AS answered
WHERE created_at - answered_before < interval '7 days'
