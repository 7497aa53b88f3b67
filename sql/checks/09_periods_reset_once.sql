-- Invariant 9: a balance is reset at most once for each period; only an administrator's reset is of none.
SELECT format('balance %s of organization %s: the period that ended at %s was reset %s times',
  token_type, organization_id, metadata ->> 'periodEnd', count(*))
FROM tollgate.ledger_entries
WHERE kind = 'reset' AND reason IS DISTINCT FROM 'by_hand'
GROUP BY organization_id, token_type, metadata ->> 'periodEnd'
HAVING count(*) > 1
UNION ALL
SELECT format('balance %s of organization %s: reset %s does not say which period ended', token_type, organization_id, id)
FROM tollgate.ledger_entries
WHERE kind = 'reset' AND reason IS DISTINCT FROM 'by_hand' AND metadata ->> 'periodEnd' IS NULL
