CREATE OR REPLACE VIEW tollgate.low_balances WITH (security_invoker = true) AS
SELECT current.organization_id, current.token_type, current.balance, current.total_allocated, current.refresh_date,
  tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind) AS state
FROM tollgate.current_balances AS current
  JOIN tollgate.token_types AS kind USING (token_type)
WHERE current.total_allocated > 0
  AND tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
    IN ('critical', 'exhausted');
COMMENT ON VIEW tollgate.low_balances IS 'Balances on a plan that are critical or exhausted, as of now.';
GRANT SELECT ON tollgate.low_balances TO authenticated, service_role;
