-- Invariant 1: each balance is what its ledger's movements add up to.
--
-- A balance that an administrator changed by hand differs from ledger_balance until the next settlement books the
-- difference, which is no violation. No movement is dropped yet; when retention comes, what it drops has to be carried
-- forward by a movement of its own.
SELECT format('balance %s of organization %s: the ledger accounts for %s, its movements add up to %s',
  token_type, organization_id, coalesce(token.ledger_balance, 0), coalesce(moved.total, 0))
FROM public.ai_tokens AS token
  FULL JOIN (
    SELECT organization_id, token_type, sum(amount) AS total
    FROM tollgate.ledger
    WHERE sequence IS NOT NULL
    GROUP BY organization_id, token_type
  ) AS moved USING (organization_id, token_type)
WHERE coalesce(token.ledger_balance, 0) <> coalesce(moved.total, 0)
