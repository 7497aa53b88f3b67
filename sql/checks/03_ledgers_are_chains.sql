-- Invariant 3: each balance's movements are a chain without gaps, from 1 to ledger_sequence and to ledger_balance.
WITH movement AS (
  SELECT organization_id, token_type, sequence, balance_before, balance_after,
    lag(sequence, 1, 0::bigint) OVER chain AS sequence_before,
    lag(balance_after) OVER chain AS balance_expected
  FROM tollgate.ledger
  WHERE sequence IS NOT NULL
  WINDOW chain AS (PARTITION BY organization_id, token_type ORDER BY sequence)
),
last AS (
  SELECT DISTINCT ON (organization_id, token_type) organization_id, token_type, sequence, balance_after
  FROM movement
  ORDER BY organization_id, token_type, sequence DESC
)
SELECT format('balance %s of organization %s: movement %s follows movement %s',
  token_type, organization_id, sequence, sequence_before)
FROM movement
WHERE sequence <> sequence_before + 1
UNION ALL
SELECT format('balance %s of organization %s: movement %s begins at %s, the one before ended at %s',
  token_type, organization_id, sequence, balance_before, balance_expected)
FROM movement
WHERE balance_before <> balance_expected
UNION ALL
SELECT format('balance %s of organization %s: ends with movement %s at %s, its ledger with movement %s at %s',
  token_type, organization_id, token.ledger_sequence, token.ledger_balance, last.sequence, last.balance_after)
FROM public.ai_tokens AS token
  FULL JOIN last USING (organization_id, token_type)
WHERE token.ledger_sequence IS DISTINCT FROM coalesce(last.sequence, 0)
  OR token.ledger_balance IS DISTINCT FROM coalesce(last.balance_after, 0)
