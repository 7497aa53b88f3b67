-- Invariant 2: what remains of each pack is what was bought less what was used of it and what expired.
SELECT format('pack %s of organization %s: %s of %s remain, %s were used', pack.pack_id, pack.organization_id,
  pack.remaining, pack.amount, coalesce(sum(used.amount), 0))
FROM tollgate.token_packs AS pack
  LEFT JOIN tollgate.pack_uses AS used
    ON used.organization_id = pack.organization_id
    AND used.pack_id = pack.pack_id
GROUP BY pack.organization_id, pack.pack_id, pack.remaining, pack.amount
HAVING pack.remaining <> pack.amount - coalesce(sum(used.amount), 0)
UNION ALL
SELECT format('pack %s of organization %s: %s were bought, the ledger says %s', pack.pack_id, pack.organization_id,
  pack.amount, coalesce(bought.amount::text, 'nothing'))
FROM tollgate.token_packs AS pack
  LEFT JOIN tollgate.ledger_entries AS bought
    ON bought.organization_id = pack.organization_id
    AND bought.id = pack.pack_id
    AND bought.kind = 'top_up'
WHERE pack.payment_id IS NOT NULL AND bought.amount IS DISTINCT FROM pack.amount
