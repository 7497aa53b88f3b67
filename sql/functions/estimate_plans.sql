CREATE OR REPLACE FUNCTION tollgate.estimate_plans(
  organization_id uuid,
  from_day date,
  to_day date
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  periods CONSTANT integer := ceil((to_day - from_day) / 30.0)::integer;
  present_plan text;
  estimates json;
BEGIN
  IF (to_day > from_day AND to_day - from_day <= 400) IS NOT TRUE THEN
    RAISE EXCEPTION 'An estimate is of 1 to 400 days.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[estimate_plans.organization_id]);
  SELECT known.plan
  INTO present_plan
  FROM public.organizations AS known
  WHERE known.id = estimate_plans.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;

  WITH used AS MATERIALIZED (
    SELECT counted.token_type, (counted.day - from_day) / 30 AS period, sum(counted.tokens) AS tokens
    FROM (
      SELECT kept.token_type, kept.day, kept.tokens
      FROM tollgate.usage_days AS kept
      WHERE kept.organization_id = estimate_plans.organization_id
        AND kept.day >= from_day
        AND kept.day < to_day
      UNION ALL
      SELECT tail.token_type, tail.created_at::date, tail.tokens
      FROM tollgate.unrolled(ARRAY[estimate_plans.organization_id]) AS tail
      WHERE tail.is_use
        AND tail.created_at >= from_day::timestamptz
        AND tail.created_at < to_day::timestamptz
    ) AS counted
    GROUP BY counted.token_type, (counted.day - from_day) / 30
  ),
  missing AS MATERIALIZED (
    SELECT
      offered.plan,
      used.token_type,
      -- What a plan does not have at all cannot be used on it, however many packs there are.
      coalesce(allocation.tokens, 0) > 0 AS is_on_plan,
      least(sum(greatest(0, used.tokens - coalesce(allocation.tokens, 0))), 1000000000000000000)::bigint AS tokens
    FROM tollgate.plans AS offered
      CROSS JOIN used
      LEFT JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = offered.plan AND allocation.token_type = used.token_type
    WHERE used.tokens > 0
    GROUP BY offered.plan, used.token_type, allocation.tokens
    HAVING sum(greatest(0, used.tokens - coalesce(allocation.tokens, 0))) > 0
  ),
  priced AS (
    SELECT missing.plan, missing.token_type, missing.tokens, bought.packs, bought.amount_minor
    FROM missing
      LEFT JOIN tollgate.plan_prices AS price ON price.plan = missing.plan
      LEFT JOIN LATERAL tollgate.cheapest_packs(missing.tokens,
        coalesce(price.currency, (SELECT min(sold.currency) FROM tollgate.pack_prices AS sold))) AS bought
        ON missing.is_on_plan
  )
  SELECT json_agg(json_build_object(
    'plan', offered.plan,
    'current', offered.plan IS NOT DISTINCT FROM present_plan,
    'monthlyPrice', CASE WHEN price.plan IS NOT NULL THEN
      json_build_object('amountMinor', price.amount_minor, 'currency', price.currency)
    END,
    'packs', coalesce(bought.packs, '[]'),
    'total', CASE WHEN price.plan IS NOT NULL THEN json_build_object(
      'amountMinor', price.amount_minor * periods + coalesce(bought.amount_minor, 0), 'currency', price.currency)
    END,
    'unaffordable', coalesce(bought.unaffordable, '{}')
  ) ORDER BY price.amount_minor, offered.plan)
  INTO estimates
  FROM tollgate.plans AS offered
    LEFT JOIN tollgate.plan_prices AS price ON price.plan = offered.plan
    LEFT JOIN (
      SELECT
        priced.plan,
        json_agg(json_build_object('tokenType', priced.token_type, 'missing', priced.tokens, 'packs', priced.packs,
            'amountMinor', priced.amount_minor) ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NOT NULL) AS packs,
        sum(priced.amount_minor) AS amount_minor,
        json_object_agg(priced.token_type, priced.tokens ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NULL)
          AS unaffordable
      FROM priced
      GROUP BY priced.plan
    ) AS bought ON bought.plan = offered.plan;
  PERFORM tollgate.admit_organizations('{}');
  RETURN coalesce(estimates, '[]');
END
$$;
COMMENT ON FUNCTION tollgate.estimate_plans(uuid, date, date) IS
  'What an organization''s uses from from_day on and before to_day (UTC) would have cost on each plan, as JSON: for every 30 days, or a part of them, the plan''s price, and packs for the tokens that each 30 days'' uses took beyond its allocation. Raises TG400 for fewer than 1 or more than 400 days, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.estimate_plans(uuid, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.estimate_plans(uuid, date, date) TO tollgate_server, service_role;
