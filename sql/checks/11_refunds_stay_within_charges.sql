-- Invariant 11: the refunds of a charge are at most the charge, and each is in the ledger.
SELECT format('charge %s of organization %s: took %s, %s of them bought; %s were given back, %s of them bought',
  refunded.transaction_id, refunded.organization_id, charge.tokens_deducted, charge.from_purchased, refunded.amount,
  refunded.to_purchased)
FROM (
  SELECT organization_id, transaction_id, sum(amount) AS amount, sum(to_purchased) AS to_purchased
  FROM tollgate.refunds
  GROUP BY organization_id, transaction_id
) AS refunded
  LEFT JOIN public.ai_token_usage_log AS charge
    ON charge.organization_id = refunded.organization_id
    AND charge.id = refunded.transaction_id
WHERE (refunded.amount <= charge.tokens_deducted AND refunded.to_purchased <= charge.from_purchased) IS NOT TRUE
UNION ALL
SELECT format('refund %s of organization %s: gives back %s, the ledger says %s',
  coalesce(refund.refund_id, entry.id), coalesce(refund.organization_id, entry.organization_id),
  coalesce(refund.amount::text, 'nothing'), coalesce(entry.amount::text, 'nothing'))
FROM tollgate.refunds AS refund
  FULL JOIN (SELECT * FROM tollgate.ledger_entries WHERE kind = 'refund') AS entry
    ON entry.organization_id = refund.organization_id
    AND entry.id = refund.refund_id
    AND entry.subject_id = refund.transaction_id
WHERE refund.amount IS DISTINCT FROM entry.amount
