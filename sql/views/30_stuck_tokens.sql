CREATE OR REPLACE VIEW tollgate.stuck_tokens WITH (security_invoker = true) AS
SELECT organization_id, token_type, reservation_id, amount, feature_used, user_id, created_at, expires_at,
  tollgate.moment() - expires_at AS overdue
FROM tollgate.reservations
WHERE status = 'open'
  AND expires_at <= tollgate.moment();
COMMENT ON VIEW tollgate.stuck_tokens IS
  'Tokens held by reservations that nobody captured, released or extended in time. They count as given back; the balance''s next movement, or a sweep, books it.';
COMMENT ON COLUMN tollgate.stuck_tokens.amount IS 'Tokens.';
GRANT SELECT ON tollgate.stuck_tokens TO authenticated, service_role;
