CREATE OR REPLACE VIEW tollgate.limits_in_use WITH (security_invoker = true) AS
SELECT counted.organization_id, counted.limit_name, counted.subject, present.used, present.maximum,
  present.window_start, present.window_end, present.used >= present.maximum AS is_used_up
FROM tollgate.limit_uses AS counted
  JOIN tollgate.limits AS bound ON bound.limit_name = counted.limit_name
  -- A limit applies to itself: to a charge of its own feature and token type, by the user whom it counts.
  CROSS JOIN LATERAL tollgate.applicable_limits(
    counted.organization_id, counted.subject, bound.feature, bound.token_type) AS present
WHERE present.limit_name = counted.limit_name
  AND present.subject = counted.subject
  AND present.used > 0;
COMMENT ON VIEW tollgate.limits_in_use IS 'What enabled limits have counted in windows that are open now, of how much. Where is_used_up is true and the limit refuses, the subject waits until window_end.';
GRANT SELECT ON tollgate.limits_in_use TO authenticated, service_role;
