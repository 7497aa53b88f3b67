-- Invariant 2: nothing is reserved or bought beyond the balance, and nothing is below zero.
--
-- Judged by what settlement left (ledger_balance): an administrator's change by hand is booked at the next settlement,
-- which also cuts the bought part to size. There is no overdraft yet.
SELECT format('balance %s of organization %s: balance %s, reserved %s, purchased %s',
  token_type, organization_id, ledger_balance, reserved, purchased)
FROM public.ai_tokens
WHERE balance < 0
  OR ledger_balance < 0
  OR reserved < 0
  OR reserved > ledger_balance
  OR purchased < 0
  OR purchased > ledger_balance
