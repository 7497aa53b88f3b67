-- Invariant 2: nothing is reserved or spent beyond the balance and its overdraft, and nothing else is below zero.
--
-- Judged by what settlement left (ledger_balance): an administrator's change by hand is booked at the next settlement,
-- which also cuts the bought part to size.
SELECT format('balance %s of organization %s: balance %s, reserved %s, purchased %s, overdraft %s',
  token_type, organization_id, ledger_balance, reserved, purchased, overdraft)
FROM public.ai_tokens
WHERE balance < -overdraft
  OR ledger_balance - reserved < -overdraft
  OR reserved < 0
  OR purchased < 0
  OR purchased > greatest(0, ledger_balance)
