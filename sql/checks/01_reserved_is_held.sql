-- Invariant 1: of each balance as much is reserved as its open reservations hold.
SELECT format('balance %s of organization %s: %s reserved, its open reservations hold %s',
  token_type, organization_id, coalesce(token.reserved, 0), coalesce(held.total, 0))
FROM public.ai_tokens AS token
  FULL JOIN (
    SELECT organization_id, token_type, sum(amount) AS total
    FROM tollgate.reservations
    WHERE status = 'open'
    GROUP BY organization_id, token_type
  ) AS held USING (organization_id, token_type)
WHERE coalesce(token.reserved, 0) <> coalesce(held.total, 0)
