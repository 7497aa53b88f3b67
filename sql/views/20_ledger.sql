CREATE OR REPLACE VIEW tollgate.ledger WITH (security_invoker = true) AS
SELECT
  id,
  organization_id,
  'deduction' AS kind,
  'success' AS status,
  token_type,
  feature_used,
  user_id,
  event_id,
  -tokens_deducted AS amount,
  remaining_balance + tokens_deducted AS balance_before,
  remaining_balance AS balance_after,
  sequence,
  NULL::text AS reason,
  tokens_deducted AS required,
  idempotency_key,
  metadata,
  created_at
FROM public.ai_token_usage_log
UNION ALL
SELECT
  id,
  organization_id,
  kind,
  CASE kind WHEN 'refusal' THEN 'refused' ELSE 'success' END,
  token_type,
  feature_used,
  user_id,
  event_id,
  amount,
  balance_before,
  balance_after,
  sequence,
  reason,
  required,
  idempotency_key,
  metadata,
  created_at
FROM tollgate.ledger_entries;
COMMENT ON VIEW tollgate.ledger IS 'Every movement of every balance and every refusal. `sequence` orders the movements of one balance.';
GRANT SELECT ON tollgate.ledger TO authenticated, service_role;
