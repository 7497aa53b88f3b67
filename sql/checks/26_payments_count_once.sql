-- Invariant 26: an event of the payment provider counts once and has done what its outcome says.
--
-- A customer is one organization's, and nobody stays suspended for a payment that is not owed.
SELECT format('event %s was received and nothing became of it', event_id)
FROM tollgate.payment_events
WHERE outcome = 'received'
UNION ALL
SELECT format('event %s topped up, and no pack has its payment %s', event.event_id, paid.payment_id)
FROM tollgate.payment_events AS event
  CROSS JOIN LATERAL (SELECT coalesce(event.facts ->> 'payment', event.facts ->> 'object') AS payment_id) AS paid
WHERE event.outcome IN ('topped_up', 'topped_up_before')
  AND NOT EXISTS (
    SELECT
    FROM tollgate.token_packs AS pack
    WHERE pack.payment_id = paid.payment_id
  )
UNION ALL
SELECT format('payment %s topped up by %s events', paid.payment_id, count(*))
FROM tollgate.payment_events AS event
  CROSS JOIN LATERAL (SELECT coalesce(event.facts ->> 'payment', event.facts ->> 'object') AS payment_id) AS paid
WHERE event.outcome = 'topped_up'
GROUP BY paid.payment_id
HAVING count(*) > 1
UNION ALL
SELECT format('customer %s is %s organizations''', customer_id, count(*))
FROM tollgate.payment_customers
GROUP BY customer_id
HAVING count(*) > 1
UNION ALL
SELECT format('organization %s is suspended for a payment, and owes none', id)
FROM public.organizations
WHERE payment_hold
  AND status = 'suspended'
  AND NOT EXISTS (
    SELECT
    FROM tollgate.payment_invoices AS invoice
    WHERE invoice.organization_id = organizations.id AND invoice.state = 'failed'
  )
