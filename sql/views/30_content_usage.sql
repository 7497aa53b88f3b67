CREATE OR REPLACE VIEW tollgate.content_usage WITH (security_invoker = true) AS
SELECT
  settings.organization_id,
  standing.level,
  standing.level_title,
  standing.budget,
  standing.used,
  standing.remaining,
  standing.percent_used,
  standing.state,
  settings.attribute_count,
  standing.deactivates_automatically,
  standing.counter,
  settings.updated_at
FROM tollgate.content_budgets AS settings
  CROSS JOIN LATERAL tollgate.content_standing(settings) AS standing;
COMMENT ON VIEW tollgate.content_usage IS 'How full content budgets are, of organizations that have content or settings for it. Tokens.';
COMMENT ON COLUMN tollgate.content_usage.used IS 'Tokens of the active attributes.';
COMMENT ON COLUMN tollgate.content_usage.remaining IS 'Tokens; 0 over the budget.';
COMMENT ON COLUMN tollgate.content_usage.percent_used IS 'Percent; more than 100 over the budget.';
COMMENT ON COLUMN tollgate.content_usage.attribute_count IS 'Attributes, active or not.';
GRANT SELECT ON tollgate.content_usage TO authenticated, service_role;
