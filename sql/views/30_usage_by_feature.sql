CREATE OR REPLACE VIEW tollgate.usage_by_feature WITH (security_invoker = true) AS
SELECT organization_id, feature_used, token_type, count(*) AS uses, sum(tokens_deducted)::bigint AS tokens,
  max(created_at) AS last_used_at
FROM public.ai_token_usage_log
WHERE created_at > now() - interval '30 days'
GROUP BY organization_id, feature_used, token_type;
COMMENT ON VIEW tollgate.usage_by_feature IS 'Uses and tokens of the last 30 days by organization and feature.';
GRANT SELECT ON tollgate.usage_by_feature TO authenticated, service_role;
