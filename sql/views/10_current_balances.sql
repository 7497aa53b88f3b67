CREATE OR REPLACE VIEW tollgate.current_balances WITH (security_invoker = true) AS
SELECT
  organization.id AS organization_id,
  kind.token_type,
  coalesce(current.balance, allocation.tokens, 0) AS balance,
  coalesce(current.reserved, 0) AS reserved,
  coalesce(current.total_allocated, allocation.tokens, 0) AS total_allocated,
  coalesce(current.total_used, 0) AS total_used,
  coalesce(current.purchased, 0) AS purchased,
  CASE
    WHEN token.id IS NULL THEN
      tollgate.period_end(allocation.period, allocation.period_days, NULL,
        CASE WHEN allocation.anchored THEN tollgate.moment() END, organization.time_zone, tollgate.moment())
    ELSE current.refresh_date
  END AS refresh_date,
  coalesce(current.overdraft, allocation.overdraft, 0) AS overdraft
FROM public.organizations AS organization
  CROSS JOIN tollgate.token_types AS kind
  LEFT JOIN public.ai_tokens AS token
    ON token.organization_id = organization.id AND token.token_type = kind.token_type
  LEFT JOIN tollgate.plan_allocations AS allocation
    ON allocation.token_type = kind.token_type
    AND allocation.plan = CASE
      WHEN organization.next_plan_from <= tollgate.moment() THEN organization.next_plan
      ELSE organization.plan
    END
  LEFT JOIN LATERAL (
    SELECT token.balance, token.reserved, token.total_allocated, token.total_used,
      greatest(0, least(token.purchased, token.balance)) AS purchased, token.refresh_date, token.overdraft
    WHERE (token.refresh_date <= tollgate.moment()) IS NOT TRUE AND (token.due_at <= tollgate.moment()) IS NOT TRUE
    UNION ALL
    SELECT (due.current).balance, (due.current).reserved, (due.current).total_allocated, (due.current).total_used,
      (due.current).purchased, (due.current).refresh_date, (due.current).overdraft
    FROM tollgate.due_movements(token, tollgate.moment()) AS due
    WHERE token.refresh_date <= tollgate.moment() OR token.due_at <= tollgate.moment()
    -- Keeps the condition with the function, which is called for nothing else then.
    OFFSET 0
  ) AS current ON token.id IS NOT NULL
WHERE token.id IS NOT NULL OR allocation.plan IS NOT NULL;
COMMENT ON VIEW tollgate.current_balances IS
  'Balances as of now: what has fallen due counts, whether or not it is in ai_tokens yet: a reset, a refill, what has expired; and so does an allocation.';
GRANT SELECT ON tollgate.current_balances TO authenticated, service_role;
