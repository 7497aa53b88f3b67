-- Invariant 16: all balances together are all that was allocated, bought, refunded and adjusted less uses and expiries.
--
-- Other than in invariant 1 every row counts here, also one that claims to have no place in a chain.
SELECT format('token type %s: balances add up to %s, movements to %s',
  token_type, coalesce(held.total, 0), coalesce(moved.total, 0))
FROM (SELECT token_type, sum(ledger_balance) AS total FROM public.ai_tokens GROUP BY token_type) AS held
  FULL JOIN (SELECT token_type, sum(amount) AS total FROM tollgate.ledger GROUP BY token_type) AS moved
    USING (token_type)
WHERE coalesce(held.total, 0) <> coalesce(moved.total, 0)
