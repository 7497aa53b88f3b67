CREATE OR REPLACE FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT coalesce(
    content_budget_tokens.budget_tokens,
    (SELECT known.tokens FROM tollgate.content_levels AS known WHERE known.level = content_budget_tokens.level),
    15000)
$$;
COMMENT ON FUNCTION tollgate.content_budget_tokens(integer, bigint) IS
  'How many tokens active attributes may have: an override, or those of the level, or 15000 when nothing is set.';
REVOKE ALL ON FUNCTION tollgate.content_budget_tokens(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.content_budget_tokens(integer, bigint) TO authenticated, service_role, tollgate_reporter;
