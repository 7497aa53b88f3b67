CREATE OR REPLACE VIEW tollgate.due_resets WITH (security_invoker = true) AS
SELECT organization_id, token_type, balance, total_used, refresh_date, now() - refresh_date AS overdue
FROM public.ai_tokens
WHERE refresh_date <= now();
COMMENT ON VIEW tollgate.due_resets IS 'Balances whose period is over and which nobody has touched since. Their next use applies the reset first.';
GRANT SELECT ON tollgate.due_resets TO authenticated, service_role;
