CREATE OR REPLACE FUNCTION tollgate.plan_difference(
  plan_before text,
  plan_after text,
  OUT has_more boolean,
  OUT has_less boolean
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT
    coalesce(bool_or(coalesce(after.tokens, 0) > coalesce(before.tokens, 0)), false),
    coalesce(bool_or(coalesce(after.tokens, 0) < coalesce(before.tokens, 0)), false)
  FROM (SELECT token_type, tokens FROM tollgate.plan_allocations WHERE plan = plan_before) AS before
    FULL JOIN (SELECT token_type, tokens FROM tollgate.plan_allocations WHERE plan = plan_after) AS after
      USING (token_type)
$$;
COMMENT ON FUNCTION tollgate.plan_difference(text, text) IS
  'Whether a plan allocates more, and whether it allocates less than another (NULL: no plan) of some token type. More and no less is an upgrade. The length of periods does not count.';
REVOKE ALL ON FUNCTION tollgate.plan_difference(text, text) FROM PUBLIC;
