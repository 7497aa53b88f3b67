-- Invariant 4: an idempotency key settles at most once while it is remembered, for 7 days at least.
SELECT format('key %s of organization %s: settled in the weeks of %s and %s', key, organization_id, week_before, week)
FROM (
  SELECT organization_id, key, week, lag(week) OVER (PARTITION BY organization_id, key ORDER BY week) AS week_before
  FROM tollgate.idempotency_keys
) AS settled
WHERE week - week_before <= 7
UNION ALL
SELECT format('key %s of organization %s: used at %s and again at %s', idempotency_key, organization_id, used_before,
  created_at)
FROM (
  SELECT organization_id, idempotency_key, created_at,
    lag(created_at) OVER (PARTITION BY organization_id, idempotency_key ORDER BY created_at) AS used_before
  FROM public.ai_token_usage_log
  WHERE idempotency_key IS NOT NULL
) AS used
WHERE created_at - used_before < interval '7 days'
