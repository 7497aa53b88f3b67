CREATE OR REPLACE VIEW tollgate.ledger WITH (security_invoker = true) AS
SELECT
  id,
  organization_id,
  CASE WHEN reservation_id IS NULL THEN 'deduction' ELSE 'capture' END AS kind,
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
  created_at,
  reservation_id AS subject_id,
  price_version,
  units,
  dimensions,
  from_purchased,
  reservation_id,
  true AS is_use
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
  created_at,
  subject_id,
  price_version,
  NULL,
  NULL,
  NULL,
  CASE WHEN kind IN ('reservation', 'release') THEN subject_id END,
  false
FROM tollgate.ledger_entries;
COMMENT ON VIEW tollgate.ledger IS 'Every movement of every balance and every refusal. `sequence` orders the movements of one balance. A use that ends a reservation is a capture.';
COMMENT ON COLUMN tollgate.ledger.amount IS 'Tokens; positive: the balance grew.';
COMMENT ON COLUMN tollgate.ledger.required IS 'Tokens that a use or a refusal was about, or that a reservation holds or lets go.';
COMMENT ON COLUMN tollgate.ledger.subject_id IS 'What it is about: of a refund the charge, of a reservation, capture or release the reservation, of a top-up or expiry the pack.';
COMMENT ON COLUMN tollgate.ledger.units IS 'How many times the price; NULL where nothing was used.';
COMMENT ON COLUMN tollgate.ledger.dimensions IS 'Units of a price with dimensions.';
COMMENT ON COLUMN tollgate.ledger.from_purchased IS 'Tokens of a use that were bought ones; NULL where nothing was used.';
COMMENT ON COLUMN tollgate.ledger.is_use IS 'Whether it is a row of ai_token_usage_log: a deduction or a capture.';
GRANT SELECT ON tollgate.ledger TO authenticated, service_role;
