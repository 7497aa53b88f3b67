CREATE OR REPLACE FUNCTION tollgate.content_percent(used bigint, budget bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT (200 * used + budget) / (2 * budget)
$$;
COMMENT ON FUNCTION tollgate.content_percent(bigint, bigint) IS
  'How much of a budget is used, in whole percent, halves rounded up as a browser''s Math.round does; more than 100 above the budget.';
REVOKE ALL ON FUNCTION tollgate.content_percent(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.content_percent(bigint, bigint) TO authenticated, service_role, tollgate_reporter;
