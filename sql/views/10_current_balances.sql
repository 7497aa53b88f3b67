CREATE OR REPLACE VIEW tollgate.current_balances WITH (security_invoker = true) AS
SELECT
  organization.id AS organization_id,
  kind.token_type,
  tollgate.current_balance(token, allocation.tokens) AS balance,
  coalesce(token.reserved, 0) AS reserved,
  CASE
    WHEN token.refresh_date > now() OR token.refresh_date IS NULL AND token.id IS NOT NULL THEN token.total_allocated
    ELSE coalesce(allocation.tokens, 0)
  END AS total_allocated,
  CASE WHEN token.refresh_date <= now() THEN 0 ELSE coalesce(token.total_used, 0) END AS total_used,
  coalesce(least(token.purchased, token.balance), 0) AS purchased,
  CASE
    WHEN token.id IS NULL THEN now() + make_interval(secs => 2592000)
    ELSE tollgate.next_refresh_date(token.refresh_date, now())
  END AS refresh_date
FROM public.organizations AS organization
  CROSS JOIN tollgate.token_types AS kind
  LEFT JOIN public.ai_tokens AS token
    ON token.organization_id = organization.id AND token.token_type = kind.token_type
  LEFT JOIN tollgate.plan_allocations AS allocation
    ON allocation.plan = organization.plan AND allocation.token_type = kind.token_type
WHERE token.id IS NOT NULL OR allocation.plan IS NOT NULL;
COMMENT ON VIEW tollgate.current_balances IS
  'Balances as of now: a reset that has fallen due counts, whether or not it is in ai_tokens yet, and so does an allocation. Unused plan tokens do not roll over, bought ones stay.';
GRANT SELECT ON tollgate.current_balances TO authenticated, service_role;
