CREATE OR REPLACE VIEW tollgate.running_out WITH (security_invoker = true) AS
SELECT
  known.organization_id,
  known.token_type,
  known.available,
  known.allocated,
  known.state,
  known.tokens_per_day,
  known.runs_out_at,
  known.forecast_at
FROM tollgate.rolled_balances AS known
WHERE known.runs_out_at IS NOT NULL;
COMMENT ON VIEW tollgate.running_out IS 'When balances that are used run out if they are used on as they were (tollgate.tokens_per_day), as of their last movement, or of today: order by runs_out_at.';
COMMENT ON COLUMN tollgate.running_out.available IS 'Tokens.';
COMMENT ON COLUMN tollgate.running_out.tokens_per_day IS 'Tokens a day.';
COMMENT ON COLUMN tollgate.running_out.runs_out_at IS 'As if no reset came.';
GRANT SELECT ON tollgate.running_out TO authenticated, service_role;
