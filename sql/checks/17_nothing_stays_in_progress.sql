-- Invariant 17: no reservation is open ten minutes past its end, and no plan change waits ten minutes past its time.
SELECT format('reservation %s of organization %s: holds %s tokens, and ended at %s',
  reservation_id, organization_id, amount, expires_at)
FROM tollgate.reservations
WHERE status = 'open' AND expires_at < tollgate.moment() - interval '10 minutes'
UNION ALL
SELECT format('organization %s: plan %s was to begin at %s', id, next_plan, next_plan_from)
FROM public.organizations
WHERE next_plan_from < tollgate.moment() - interval '10 minutes'
