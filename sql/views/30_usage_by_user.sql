CREATE OR REPLACE VIEW tollgate.usage_by_user WITH (security_invoker = true) AS
SELECT organization_id, user_id, count(*) AS uses, sum(tokens_deducted)::bigint AS tokens,
  max(created_at) AS last_used_at
FROM public.ai_token_usage_log
WHERE created_at > now() - interval '30 days'
GROUP BY organization_id, user_id;
COMMENT ON VIEW tollgate.usage_by_user IS 'Uses and tokens of the last 30 days by organization and user.';
GRANT SELECT ON tollgate.usage_by_user TO authenticated, service_role;
