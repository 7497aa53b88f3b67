-- Invariant 23: of decision caches no day has more calls than its quota, each call is a charge in the ledger, and so is each lease.
SELECT format('cache %s of organization %s granted %s calls on %s, and its quota was %s',
  cache_name, organization_id, calls, day, quota)
FROM tollgate.cache_days
WHERE calls > quota
UNION ALL
SELECT format('cache %s of organization %s granted %s calls, of which %s are in the ledger',
  counted.cache_name, counted.organization_id, counted.calls, charged.calls)
FROM (
  SELECT organization_id, cache_name, sum(calls) AS calls, min(day) AS first_day
  FROM tollgate.cache_days
  GROUP BY organization_id, cache_name
) AS counted
  CROSS JOIN LATERAL (
    SELECT count(*) AS calls
    FROM public.ai_token_usage_log AS charge
    WHERE charge.organization_id = counted.organization_id
      AND charge.metadata ->> 'cache' = counted.cache_name
      -- Wherever the organization's day began.
      AND charge.created_at >= counted.first_day - 2
  ) AS charged
WHERE counted.calls > charged.calls
UNION ALL
SELECT format('lease %s of organization %s is in cache %s, and its charge is not in the ledger',
  lease_id, organization_id, cache_name)
FROM tollgate.cache_entries AS entry
WHERE NOT EXISTS (
  SELECT
  FROM public.ai_token_usage_log AS charge
  WHERE charge.organization_id = entry.organization_id
    AND charge.id = entry.lease_id
    AND charge.metadata ->> 'cache' = entry.cache_name
)
